/** How soon things go on after a death, and how soon an abort works: docs/recovery.json, by `npm run lab:chaos -- --recovery`. */
import { setTimeout as pause } from 'node:timers/promises';
import { PROGRESS_QUERY, type CommandAnswer, type MigrationResult } from '../../src/contract';
import type { Migration } from '../src/migrations';
import { waitUntil } from '../src/wait';
import { FAULT } from './faults';
import type { Ground } from './ground';
import { jobInfo, reach } from './points';
import { letGo, sceneOf } from './run-cell';
import type { Scene } from './scene';

export interface Measure {
  measure: string;
  unit: 'ms';
  values: number[];
  median: number;
  /** What the project holds itself to; null = only measured. */
  limit: number | null;
}

const ABORTS = 5;
/** The workflow's heartbeat timeout, and five seconds. */
const REATTACHED_WITHIN_MS = 10_000;
const LIMIT_MS = 240_000;

/** Each measure is handed on as soon as it has been taken. */
export async function measureRecovery(
  ground: Ground,
  runs: number,
  taken: (measures: readonly Measure[]) => Promise<void>,
): Promise<Measure[]> {
  const measures: Measure[] = [];
  const take = async (what: string, values: number[], limit: number | null): Promise<void> => {
    measures.push(measure(what, values, limit));
    await taken(measures);
  };
  const aborts = await times(ABORTS, () => abortToJobGone(ground));
  await take(
    'abort asked for in pre-copy (update `abort`), until libvirt has no job of the guest',
    aborts,
    1_000,
  );
  const agents = await times(runs, () => agentKilledToAttached(ground));
  await take(
    'agent of the source killed in pre-copy: from its restart (ready) until the job is supervised again',
    agents.map(({ fromReady }) => fromReady),
    REATTACHED_WITHIN_MS,
  );
  await take(
    'the same, from the kill; most of it is the start of Node.js under emulation',
    agents.map(({ fromKill }) => fromKill),
    null,
  );
  await take(
    'orchestrator killed in pre-copy and restarted at once, until the workflow answers',
    await times(runs, () => orchestratorKilledToAnswers(ground)),
    15_000,
  );
  await take(
    'all of ours killed in pre-copy and restarted: downtime of the completed migration, switchover by libvirt',
    await times(runs, () => allKilledToCompleted(ground)),
    null,
  );
  await take(
    'the same migration undisturbed: downtime, switchover by libvirt',
    await times(runs, () => downtimeOf(ground, () => Promise.resolve())),
    null,
  );
  return measures;
}

function measure(what: string, values: number[], limit: number | null): Measure {
  const sorted = [...values].sort((one, other) => one - other);
  return { measure: what, unit: 'ms', values, median: sorted[Math.floor(sorted.length / 2)] ?? NaN, limit };
}

async function times<T>(count: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < count; i++) results.push(await run());
  return results;
}

/** A migration that is in pre-copy and stays there. */
async function inPreCopy<T>(
  ground: Ground,
  switchover: 'fenced' | 'libvirt',
  use: (scene: Scene) => Promise<T>,
): Promise<T> {
  const cell = { fault: 'orchestrator-killed', point: 'pre-copy', switchover } as const;
  const scene = sceneOf(ground, cell, await ground.healthyGuest());
  try {
    await reach('pre-copy', scene);
    return await use(scene);
  } finally {
    scene.events.source.end();
    scene.events.destination.end();
  }
}

function abortToJobGone(ground: Ground): Promise<number> {
  return inPreCopy(ground, 'fenced', async (scene) => {
    const asked = Date.now();
    await scene.migration.executeUpdate<CommandAnswer, []>('abort');
    await waitUntil('the job to be gone', async () => (await jobInfo(scene)).operation === undefined, {
      timeoutMs: LIMIT_MS,
      everyMs: 10,
    });
    const took = Date.now() - asked;
    await ended(scene.migration);
    return took;
  });
}

function agentKilledToAttached(ground: Ground): Promise<{ fromReady: number; fromKill: number }> {
  return inPreCopy(ground, 'fenced', async (scene) => {
    const { agent } = scene.product.on(scene.source);
    const before = await supervisor(scene.migration);
    const killed = Date.now();
    await agent.kill();
    await agent.start();
    await agent.ready();
    const ready = Date.now();
    const again = async (): Promise<boolean> =>
      ![undefined, before].includes(await supervisor(scene.migration));
    await waitUntil('the job to be supervised again', again, { timeoutMs: LIMIT_MS, everyMs: 50 });
    const attached = Date.now();
    await complete(scene);
    return { fromReady: attached - ready, fromKill: attached - killed };
  });
}

/** Identity of the agent's worker that has the migrate step in hand. */
async function supervisor(migration: Migration): Promise<string | undefined> {
  const { raw } = await migration.describe();
  const step = (raw.pendingActivities ?? []).find(
    ({ activityType }) => activityType?.name === 'migrateGuest',
  );
  return step?.lastStartedTime == null ? undefined : (step.lastWorkerIdentity ?? undefined);
}

function orchestratorKilledToAnswers(ground: Ground): Promise<number> {
  return inPreCopy(ground, 'fenced', async (scene) => {
    const killed = Date.now();
    await scene.product.orchestrator.kill();
    await scene.product.orchestrator.start();
    await waitUntil('the workflow to answer', () => answers(scene.migration), {
      timeoutMs: LIMIT_MS,
      everyMs: 20,
    });
    const took = Date.now() - killed;
    await complete(scene);
    return took;
  });
}

async function answers(migration: Migration): Promise<boolean> {
  return Promise.race([
    migration.query(PROGRESS_QUERY).then(
      () => true,
      () => false,
    ),
    pause(1_000, false),
  ]);
}

function allKilledToCompleted(ground: Ground): Promise<number> {
  const { strike, mend } = FAULT['all-of-ours-killed'];
  return downtimeOf(ground, async (scene) => {
    if (strike.where === 'outside') await strike.strike(scene);
    await mend(scene);
    await ground.allReady();
  });
}

/** As libvirt counted it, on the target. */
function downtimeOf(ground: Ground, disturb: (scene: Scene) => Promise<void>): Promise<number> {
  return inPreCopy(ground, 'libvirt', async (scene) => {
    await disturb(scene);
    await complete(scene);
    const stats = await scene.destination.virsh(
      'domjobinfo',
      '--completed',
      '--keep-completed',
      scene.guest.uuid,
    );
    return Number(/^Total downtime:\s+(\d+)/m.exec(stats)?.[1] ?? NaN);
  });
}

async function complete(scene: Scene): Promise<void> {
  let done = false;
  const result = scene.migration.result().finally(() => (done = true)) as Promise<MigrationResult>;
  await letGo(scene, () => done);
  await result;
}

async function ended(migration: Migration): Promise<void> {
  await migration.result().catch(() => undefined);
}

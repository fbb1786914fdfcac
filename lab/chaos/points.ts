/**
 * Brings a migration to a point, exactly: by what Temporal's history, libvirt's events or its log say, never by a pause.
 * Where the point is short, the agent that would go on is held still until the strike.
 */
import type { MigrationPolicy } from '../../src/contract';
import { activityCompleted } from '../src/migrations';
import { AGENT_PID } from '../src/agent';
import { waitUntil } from '../src/wait';
import type { PointName } from './cell';
import { POINT_LIMIT_MS } from './guest-events';
import { Armed, PHASE_LINE } from './on-host';
import type { Scene, Side } from './scene';

/** A longest stop that ends pre-copy at once: all memory is then sent in the switchover, which takes seconds. */
const AT_ONCE_DOWNTIME_MS = 60_000;
const NO_TIMEOUTS: Partial<MigrationPolicy> = {
  bandwidthMiBps: 0,
  sourceMdevs: 'remove',
  completionTimeoutSecondsPerGiB: 0,
  progressTimeoutSeconds: 0,
};
const STRAIGHT_ON: Partial<MigrationPolicy> = {
  ...NO_TIMEOUTS,
  initialDowntimeMs: AT_ONCE_DOWNTIME_MS,
  maxDowntimeMs: AT_ONCE_DOWNTIME_MS,
};
/** With a guest that dirties its memory it never ends by itself. */
const ENDLESS: Partial<MigrationPolicy> = {
  ...NO_TIMEOUTS,
  initialDowntimeMs: 300,
  maxDowntimeMs: 300,
  bandwidthMiBps: 2,
};
/** Memory is on its way for certain. */
const PRE_COPY_BYTES = 2 * 1_048_576;

/** Lets the migration go on from where it was held. */
export type Release = () => Promise<void>;

/** Starts the migration, and returns when it is at the point. */
export function reach(point: PointName, scene: Scene): Promise<Release> {
  return REACH[point](scene);
}

/** Where there is no time for a word from outside, a host's own watcher strikes: see strike.ts. */
export function startTowardsFinish(scene: Scene): Promise<void> {
  return scene.start(STRAIGHT_ON);
}

const REACH: Record<PointName, (scene: Scene) => Promise<Release>> = {
  'before-claim': async (scene) => {
    const agent = scene.product.on(scene.destination).agent;
    await agent.freeze();
    await scene.start(STRAIGHT_ON);
    await completed(scene, 'inspectSource');
    return () => agent.thaw();
  },

  'after-claim': async (scene) => {
    const freeze = await armFreeze(scene, 'source');
    await scene.start(STRAIGHT_ON);
    await completed(scene, 'inspectSource');
    freeze.fire();
    await freeze.struck();
    await completed(scene, 'claimOnDestination');
    await must('no job yet', scene, async () => (await jobInfo(scene)).operation === undefined);
    return () => scene.product.on(scene.source).agent.thaw();
  },

  'job-started': async (scene) => {
    await scene.start(STRAIGHT_ON);
    await outgoingJob(scene);
    await must('the target not ready yet', scene, () => !scene.events.destination.has('Started Migrated'));
    return goOn;
  },

  'pre-copy': async (scene) => {
    await scene.start(ENDLESS);
    await scene.events.destination.until('Started Migrated');
    await waitUntil('memory to be on its way', async () => (await jobInfo(scene)).sent > PRE_COPY_BYTES, {
      timeoutMs: POINT_LIMIT_MS,
      everyMs: 100,
    });
    return goOn;
  },

  switchover: async (scene) => {
    await scene.start(STRAIGHT_ON);
    await scene.events.source.until('Suspended Migrated');
    return goOn;
  },

  finish: (scene) => holdLibvirtd(scene, 'destination', PHASE_LINE.finish.destination),

  confirm: (scene) => holdLibvirtd(scene, 'source', PHASE_LINE.confirm.source),

  finalize: async (scene) => {
    await untilMoved(scene, 'destination');
    return () => scene.product.on(scene.destination).agent.thaw();
  },

  cleanup: async (scene) => {
    const freeze = await armFreeze(scene, 'source');
    await untilMoved(scene, 'destination');
    freeze.fire();
    await freeze.struck();
    await scene.product.on(scene.destination).agent.thaw();
    await completed(scene, 'finalizeOnDestination');
    return () => scene.product.on(scene.source).agent.thaw();
  },
};

function completed({ migration }: Scene, activity: string): Promise<void> {
  return activityCompleted(migration, activity, POINT_LIMIT_MS);
}

async function holdLibvirtd(scene: Scene, side: Side, line: string): Promise<Release> {
  const hold = await Armed.atLogLine(scene[side], line, {
    prepare: 'pid=$(pidof libvirtd)',
    act: 'kill -STOP $pid',
  });
  await scene.start(STRAIGHT_ON);
  await hold.struck();
  return async () => void (await scene[side].ssh('kill -CONT $(pidof libvirtd)'));
}

const goOn: Release = () => Promise.resolve();

/** The guest has moved, and the agent that would finalize is held still since the switchover. */
async function untilMoved(scene: Scene, held: 'destination'): Promise<void> {
  const freeze = await armFreeze(scene, held);
  await scene.start(STRAIGHT_ON);
  await scene.events.source.until('Suspended Migrated');
  freeze.fire();
  await freeze.struck();
  await completed(scene, 'migrateGuest');
}

function armFreeze(scene: Scene, side: 'source' | 'destination'): Promise<Armed> {
  return Armed.byHand(scene[side], { prepare: `read -r pid <${AGENT_PID}`, act: 'kill -STOP $pid' });
}

export interface JobInfo {
  operation: string | undefined;
  /** Bytes of memory. */
  sent: number;
}

const UNITS: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** What libvirt on the source says of the guest's job; no job, or no answer = nothing. */
export async function jobInfo(scene: Scene): Promise<JobInfo> {
  const { stdout } = await scene.source.tryVirsh('domjobinfo', scene.guest.uuid);
  const [, amount = '0', unit = 'B'] = /^Memory processed:\s+([\d.]+) (\S+)/m.exec(stdout) ?? [];
  return {
    operation: /^Operation:\s+(\S.*?)\s*$/m.exec(stdout)?.[1],
    sent: Number(amount) * (UNITS[unit] ?? NaN),
  };
}

async function outgoingJob(scene: Scene): Promise<void> {
  await waitUntil('the job', async () => (await jobInfo(scene)).operation === 'Outgoing migration', {
    timeoutMs: POINT_LIMIT_MS,
    everyMs: 100,
  });
}

/** The migration was faster than we: the cell has to be run again. */
export class PointMissed extends Error {
  override readonly name = 'PointMissed';
}

async function must(what: string, scene: Scene, holds: () => Promise<boolean> | boolean): Promise<void> {
  if (!(await holds())) throw new PointMissed(`${scene.cell.point}: there was ${what}, no more`);
}

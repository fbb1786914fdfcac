/** How soon things go on after a death, and how soon an abort works, with every program in a process of its own. */
import { setTimeout as pause } from 'node:timers/promises';
import { type CommandAnswer, PROGRESS_QUERY } from '../../src/contract';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { type Figure, figure } from '../harness/figure';
import type { Context, Suite } from '../harness/suite';
import { type Endless, Workshop } from '../programs/workshop';

/** How exactly it is seen when something is as it should be again. */
const LOOK_EACH_MS = 10;
/** Each abort is a migration of three seconds. */
const ABORTS_A_ROUND = 10;

export const recovery: Suite = {
  name: 'recovery',
  summary: 'agent, orchestrator or Temporal killed in pre-copy, until the migration is in hand again; aborts',
  minutes: 12,
  rounds: 5,
  run: (context) =>
    Workshop.during(context.folder, async (workshop) => ({ figures: await measure(context, workshop) })),
};

async function measure({ rounds, say }: Context, workshop: Workshop): Promise<Figure[]> {
  const times = async <T>(what: string, count: number, once: () => Promise<T>): Promise<T[]> => {
    const found: T[] = [];
    while (found.length < count) found.push(await once());
    say(`${what}, ${count} times`);
    return found;
  };
  const aborts = await times('aborted', rounds * ABORTS_A_ROUND, () => abortOnce(workshop));
  const agents = await times('agent killed', rounds, () => agentKilled(workshop));
  const orchestrators = await times('orchestrator killed', rounds, () => orchestratorKilled(workshop));
  const servers = await times('Temporal killed', rounds, () => temporalKilled(workshop));
  const ms = (name: string, values: number[]): Figure => figure({ name, unit: 'ms', values });
  return [
    ms(
      'abort asked for, until the hypervisor has no job of the guest',
      aborts.map(({ job }) => job),
    ),
    ms(
      'abort asked for, until all is undone and the migration has ended',
      aborts.map(({ end }) => end),
    ),
    ms(
      'agent of the source killed and restarted: from ready until it supervises the job',
      agents.map(({ fromReady }) => fromReady),
    ),
    ms(
      'the same, from the kill',
      agents.map(({ fromKill }) => fromKill),
    ),
    ms('orchestrator killed and restarted: from the kill until the workflow answers', orchestrators),
    ms(
      'Temporal killed and restarted: from its answer until the workflow answers',
      servers.map(({ answers }) => answers),
    ),
    ms(
      'the same, until the agent is heard of again',
      servers.map(({ heard }) => heard),
    ),
  ];
}

async function abortOnce(workshop: Workshop): Promise<{ job: number; end: number }> {
  const { guest, handle } = await workshop.endless();
  const askedAt = performance.now();
  const ended = handle.result().catch(() => undefined);
  const asked = handle.executeUpdate<CommandAnswer, []>('abort');
  await workshop.fleet.until(({ jobs }) => !jobs.some((job) => job.guest === guest && job.step !== 'ended'));
  const job = performance.now() - askedAt;
  await asked;
  await ended;
  const end = performance.now() - askedAt;
  await workshop.endGuest('host-a', guest);
  return { job, end };
}

/** With a migration that is in pre-copy and is let go afterwards. */
async function meanwhile<T>(workshop: Workshop, act: (endless: Endless) => Promise<T>): Promise<T> {
  const endless = await workshop.endless();
  await until(async () => (await supervision(endless.handle)).by !== undefined);
  const found = await act(endless);
  await workshop.letGo(endless);
  return found;
}

function agentKilled(workshop: Workshop): Promise<{ fromReady: number; fromKill: number }> {
  return meanwhile(workshop, async ({ handle }) => {
    const { by: before } = await supervision(handle);
    const killedAt = performance.now();
    await workshop.agents.get('host-a')?.kill();
    await workshop.startAgent('host-a');
    const readyAt = performance.now();
    await until(async () => ![undefined, before].includes((await supervision(handle)).by));
    return { fromReady: performance.now() - readyAt, fromKill: performance.now() - killedAt };
  });
}

function orchestratorKilled(workshop: Workshop): Promise<number> {
  return meanwhile(workshop, async ({ handle }) => {
    const killedAt = performance.now();
    await workshop.orchestrator.kill();
    await workshop.startOrchestrator();
    await until(() => answers(handle));
    return performance.now() - killedAt;
  });
}

function temporalKilled(workshop: Workshop): Promise<{ answers: number; heard: number }> {
  return meanwhile(workshop, async ({ handle }) => {
    process.kill(workshop.temporal.pid, 'SIGKILL');
    await workshop.temporal.stop();
    await workshop.startTemporal();
    const [startedAt, startedOn] = [performance.now(), Date.now()];
    await until(() => answers(handle));
    const answered = performance.now() - startedAt;
    await until(async () => (await supervision(handle)).heardAt > startedOn);
    return { answers: answered, heard: performance.now() - startedAt };
  });
}

/** Who has the migrate step in hand, and when it was last heard of. */
async function supervision(handle: MigrationHandle): Promise<{ by: string | undefined; heardAt: number }> {
  const pending = await handle.describe().then(
    ({ raw }) => raw.pendingActivities ?? [],
    () => [], // a server that is not there yet
  );
  const step = pending.find(({ activityType }) => activityType?.name === 'migrateGuest');
  const { seconds, nanos } = step?.lastHeartbeatTime ?? {};
  return {
    by: step?.lastStartedTime == null ? undefined : (step.lastWorkerIdentity ?? undefined),
    heardAt: Number(seconds ?? 0) * 1000 + (nanos ?? 0) / 1e6,
  };
}

async function answers(handle: MigrationHandle): Promise<boolean> {
  const answered = handle.query(PROGRESS_QUERY).then(
    () => true,
    () => false,
  );
  return Promise.race([answered, pause(1_000, false)]);
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(LOOK_EACH_MS);
}

/**
 * `migrateGuest`: one attempt at supervising a guest's migration job to its end. It starts the job only if it is told
 * to and none is in flight; otherwise it adopts. An attempt that ends for another reason than an abort leaves the job be.
 */
import { Context } from '@temporalio/activity';
import type { JobProgress, MigrateInput, MigrateOutcome } from '../src/contract';
import type { JobStats } from '../src/hypervisor/port';
import type { HostDeps } from './deps';
import { interrupted } from './interruption';
import { adoptJob, startJob } from './migration-job';
import type { RunningJob } from './migration-jobs';

/** Job statistics reach the heartbeat each half second. */
const POLL_MS = 500;

export async function superviseMigration(deps: HostDeps, input: MigrateInput): Promise<MigrateOutcome> {
  const { guest } = input.migration;
  const joined = deps.jobs.join(input);
  const job =
    joined ??
    deps.jobs.start(input, (state) =>
      input.attach ? adoptJob(deps, input, state) : startJob(deps, input, state),
    );
  const interruption = interrupted(Context.current());
  const watch = watchJob(deps, guest);
  try {
    const reason = await Promise.race([
      job.end.then(
        () => 'ended' as const,
        () => 'ended' as const,
      ),
      interruption.reason,
    ]);
    if (reason === 'detach') throw interruption.failure();
    if (reason === 'abort') await abort(deps, guest, job);
    return { ...(await job.end), adopted: joined !== undefined || input.attach };
  } finally {
    watch.stop();
  }
}

/** Ends the job; too late is no error, the job's own end tells. */
async function abort(deps: HostDeps, guest: string, job: RunningJob): Promise<void> {
  deps.log.info({ guest }, 'abort asked for: ending the job');
  job.abortRequested = true;
  for (;;) {
    await abortOutgoing(deps, guest).catch((error: unknown) =>
      deps.log.warn({ guest, error: String(error) }, 'abort not taken'),
    );
    // asked for before libvirt had begun the job, it has to be asked again
    const ended = await Promise.race([
      job.end.then(
        () => true,
        () => true,
      ),
      pause(POLL_MS).then(() => false),
    ]);
    if (ended) return;
  }
}

/** Another kind of job, such as a backup, is not ours to end. */
async function abortOutgoing({ hypervisor }: HostDeps, guest: string): Promise<void> {
  const seen = await hypervisor.observe(guest);
  if ('job' in seen && seen.job === 'outgoing') await hypervisor.abortJob(guest);
}

/** Heartbeats the job's statistics. */
function watchJob({ hypervisor }: HostDeps, guest: string): { stop(): void } {
  const context = Context.current();
  const startedAt = Date.now();
  let busy = false;
  const beat = async (): Promise<void> => {
    const [stats, seen] = await Promise.all([hypervisor.jobStats(guest), hypervisor.observe(guest)]);
    const stopped = seen.state === 'paused' && seen.reason === 'migration';
    context.heartbeat(progress(stats, stopped, Date.now() - startedAt));
  };
  const tick = (): void => {
    if (busy) return context.heartbeat(); // a slow daemon must not look like a dead agent
    busy = true;
    beat()
      .catch(() => context.heartbeat())
      .finally(() => (busy = false));
  };
  tick();
  const timer = setInterval(tick, POLL_MS);
  return { stop: () => clearInterval(timer) };
}

const NO_STATS = {
  elapsedMs: 0,
  memProcessed: 0,
  memRemaining: 0,
  memTotal: 0,
  vfioTransferred: null,
  dirtyRate: 0,
  iteration: 0,
  memBps: 0,
};

function progress(stats: JobStats | undefined, stopped: boolean, elapsedMs: number): JobProgress {
  const known = stats ?? { ...NO_STATS, elapsedMs };
  return {
    phase: stats === undefined ? 'starting' : stopped ? 'switchover' : 'pre-copy',
    elapsedMs: known.elapsedMs,
    bytesSent: known.memProcessed,
    bytesRemaining: known.memRemaining,
    bytesTotal: known.memTotal,
    vfioBytes: known.vfioTransferred,
    dirtyPagesPerSec: known.dirtyRate,
    iteration: known.iteration,
    mibPerSec: Math.round(known.memBps / 1_048_576),
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

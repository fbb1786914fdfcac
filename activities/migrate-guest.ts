/**
 * `migrateGuest`: one attempt at supervising a guest's migration job to its end. It starts the job only if it is told
 * to and none is in flight; otherwise it adopts. An attempt that ends for another reason than an abort leaves the job be.
 */
import { AsyncResource } from 'node:async_hooks';
import { Context } from '@temporalio/activity';
import type { MigrateInput, MigrateOutcome } from '../src/contract';
import type { HostDeps } from './deps';
import { endJob } from './end-job';
import { interrupted } from './interruption';
import { jobProgress, lookAtJob } from './job-progress';
import { adoptJob, startJob } from './migration-job';
import type { RunningJob } from './migration-jobs';
import { progressReporter } from './progress-reports';
import { steer } from './steer';

/** The job is looked at, steered, and its figures sent with the heartbeat each half second. */
const POLL_MS = 500;

/**
 * No look is begun, and nothing sent, for so long after the guest was stopped: each question to QEMU, and on a small host each line of
 * ours, adds to the downtime. Most switchovers are over by then; an agent counts as dead much later.
 */
const QUIET_MS = 500;

export async function superviseMigration(deps: HostDeps, input: MigrateInput): Promise<MigrateOutcome> {
  const { guest } = input.migration;
  const context = Context.current();
  const joined = deps.jobs.join(input);
  const commands = deps.jobs.commandsOf(input.migration);
  const { scheduledTimestampMs } = context.info;
  if (!input.attach) commands.startAnew(scheduledTimestampMs);
  commands.override(input.overrides ?? {}, scheduledTimestampMs);
  const isCurrent = AsyncResource.bind(deps.attemptIsCurrent); // asks for this attempt, whoever calls it
  joined?.attempts.push(isCurrent);
  const job =
    joined ??
    deps.jobs.start(input, isCurrent, (state) =>
      input.attach ? adoptJob(deps, input, state) : startJob(deps, input, state),
    );
  if (commands.abortRequested) void endJob(deps, guest, job);
  const interruption = interrupted(context);
  const adopted = joined !== undefined || input.attach;
  const watch = watchJob(deps, input, job, adopted);
  try {
    const reason = await Promise.race([
      job.end.then(
        () => 'ended' as const,
        () => 'ended' as const,
      ),
      interruption.reason,
    ]);
    if (reason === 'detach') throw interruption.failure();
    if (reason === 'abort') {
      deps.log.info({ guest }, 'abort asked for: ending the job');
      commands.abort(scheduledTimestampMs);
      await endJob(deps, guest, job);
    }
    return { ...(await job.end), adopted };
  } finally {
    watch.stop();
  }
}

function isSwitchingOver({ guestStoppedAt }: RunningJob): boolean {
  return guestStoppedAt !== null && performance.now() - guestStoppedAt < QUIET_MS;
}

/** Looks at the job again and again: steers it, and heartbeats its figures. */
function watchJob(deps: HostDeps, input: MigrateInput, job: RunningJob, adopted: boolean): { stop(): void } {
  const context = Context.current();
  const startedAt = performance.now();
  const report = progressReporter(deps.reports);
  let busy = false;
  const beat = async (): Promise<void> => {
    const stats = await lookAtJob(deps.hypervisor, input.migration.guest);
    if (isSwitchingOver(job)) return;
    await steer(deps, input, job, stats);
    const progress = jobProgress(stats, job, Math.round(performance.now() - startedAt));
    context.heartbeat(progress);
    report(progress);
  };
  const tick = (): void => {
    if (isSwitchingOver(job)) return;
    if (busy) return context.heartbeat(); // a slow daemon must not look like a dead agent
    busy = true;
    beat()
      .catch(() => context.heartbeat())
      .finally(() => (busy = false));
  };
  // a new job is not there yet, and a heartbeat is a write of the server's that a short step's end waits for
  if (adopted) tick();
  const timer = setInterval(tick, POLL_MS);
  return { stop: () => clearInterval(timer) };
}

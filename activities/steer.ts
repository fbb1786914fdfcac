/** Carries out, at each look at a job, what its policy and its commands want of it. */
import { ApplicationFailure } from '@temporalio/activity';
import { type JobDecision, type MigrateInput, ErrorType } from '../src/contract';
import { type Decision, dataGiB, decide, leastRemaining } from '../src/convergence';
import type { JobStats, RunningJobStats } from '../src/hypervisor/port';
import type { HostDeps } from './deps';
import { endJob } from './end-job';
import type { RunningJob } from './migration-jobs';

/** They stand in the history. */
const MOST_DECISIONS = 12;

/** Never rejects: what libvirt does not take is tried again at the next look. */
export async function steer(
  deps: HostDeps,
  input: MigrateInput,
  job: RunningJob,
  stats: RunningJobStats | undefined,
): Promise<void> {
  if (stats === undefined || stats.memTotal === 0) return; // its size, and so its times, are not known yet
  job.wasSeen = true;
  if (job.ender !== null) return;
  const decision = judge(input, job, stats);
  if (decision.verdict === 'abort') return giveUp(deps, input, job, stats, decision);
  if (decision.verdict === 'force-complete' && job.forcedAtMs === null) {
    job.forcedAtMs = stats.elapsedMs;
    job.forcedWhy = decision.why ?? '';
    deps.log.warn({ guest: input.migration.guest, why: decision.why }, 'forcing completion');
  }
  if (!stats.guestStopped)
    await apply(deps, input.migration.guest, job, {
      maxDowntimeMs: decision.maxDowntimeMs,
      atMs: stats.elapsedMs,
    });
}

function judge(input: MigrateInput, job: RunningJob, stats: RunningJobStats): Decision {
  const { elapsedMs, guestStopped } = stats;
  const hasBegun = stats.memProcessed > 0; // before that, what is left may be told as nothing
  if (hasBegun)
    job.leastRemaining = leastRemaining(job.leastRemaining, { bytes: stats.memRemaining, atMs: elapsedMs });
  return decide({
    policy: input.policy,
    overrides: job.commands.overrides,
    elapsedMs,
    dataGiB: dataGiB(stats.memTotal, input.framebufferMiB ?? 0),
    msSinceProgress: job.leastRemaining === undefined ? 0 : elapsedMs - job.leastRemaining.atMs,
    guestStopped,
    forcedAtMs: job.forcedAtMs,
  });
}

async function apply(
  deps: HostDeps,
  guest: string,
  job: RunningJob,
  { atMs, maxDowntimeMs }: { atMs: number; maxDowntimeMs: number },
): Promise<void> {
  const { hypervisor, log } = deps;
  try {
    if (job.appliedDowntimeMs !== maxDowntimeMs) {
      await hypervisor.setMaxDowntime(guest, maxDowntimeMs);
      const isChange = job.appliedDowntimeMs !== undefined; // after a restart it was not known
      job.appliedDowntimeMs = maxDowntimeMs;
      if (isChange && job.commands.overrides.maxDowntimeMs === undefined) note(job, { atMs, maxDowntimeMs });
      log.info({ guest, maxDowntimeMs }, 'maximum downtime set');
    }
    const { bandwidthMiBps } = job.commands.overrides;
    if (bandwidthMiBps !== undefined && job.appliedBandwidthMiBps !== bandwidthMiBps) {
      await hypervisor.setBandwidth(guest, bandwidthMiBps);
      job.appliedBandwidthMiBps = bandwidthMiBps;
      log.info({ guest, bandwidthMiBps }, 'bandwidth set');
    }
  } catch (error) {
    log.warn({ guest, error: String(error) }, 'a limit of the job was not taken; it is tried again');
  }
}

function note(job: RunningJob, decision: JobDecision): void {
  const forced = job.forcedAtMs === null ? {} : { forced: job.forcedWhy };
  job.decisions = [...job.decisions, { ...decision, ...forced }].slice(-MOST_DECISIONS);
}

function giveUp(
  deps: HostDeps,
  input: MigrateInput,
  job: RunningJob,
  stats: JobStats,
  { why, maxDowntimeMs }: Decision,
): void {
  const { guest } = input.migration;
  const found = { host: deps.host, guest, maxDowntimeMs, why: why ?? '' };
  job.timedOut = timedOut(found, stats, starvedBy(input, job, stats));
  deps.log.warn({ guest, why }, 'the job does not converge: ending it');
  void endJob(deps, guest, job);
}

/**
 * Above 0: the limit in MiB/s under which no state of the guest's vGPUs was seen to be sent (libvirt tells of it since 10.6.0).
 * QEMU may stop no guest before it has arrived, however long a stop is allowed, and memory may take all of the limit: docs/libvirt.md.
 */
function starvedBy({ mdevs, policy }: MigrateInput, job: RunningJob, { vfioTransferred }: JobStats): number {
  const hasSent = (vfioTransferred ?? 0) > 0;
  return mdevs.length === 0 || hasSent ? 0 : (job.appliedBandwidthMiBps ?? policy.bandwidthMiBps);
}

function timedOut(
  { host, guest, maxDowntimeMs, why }: { host: string; guest: string; maxDowntimeMs: number; why: string },
  { elapsedMs, memRemaining }: JobStats,
  starvedByMiBps: number,
): ApplicationFailure {
  const starved =
    starvedByMiBps > 0
      ? `No state of its vGPUs was seen to be sent. If memory took all of the ${starvedByMiBps} MiB/s of bandwidthMiBps, neither a longer stop nor a forced completion helps: ` +
        `try a larger limit, or none, first. Else migrate`
      : 'Migrate';
  const mend = `${starved} again with a larger maxDowntimeMs or bandwidthMiBps, or force completion (onTimeout force-complete).`;
  return ApplicationFailure.nonRetryable(
    `The migration of guest ${guest} did not converge on ${host}: ${why}. Found after ${Math.round(elapsedMs / 1000)} s: ` +
      `${memRemaining} bytes of memory left to send, maximum downtime ${maxDowntimeMs} ms. The job was ended, the guest runs on ${host}. ${mend}`,
    ErrorType.TimedOut,
    { host, elapsedMs, bytesRemaining: memRemaining, maxDowntimeMs },
  );
}

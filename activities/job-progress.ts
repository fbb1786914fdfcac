/** A job's figures, as libvirt gives them and as people are shown them. */
import type { GuestOnHost, JobProgress } from '../src/contract';
import type { Hypervisor, RunningJobStats } from '../src/hypervisor/port';
import type { JobState } from './migration-jobs';

/** Of the outgoing migration; another kind of job, such as a backup, is not ours to speak of. */
export async function lookAtJob(hypervisor: Hypervisor, guest: string): Promise<RunningJobStats | undefined> {
  const stats = await hypervisor.jobStats(guest);
  return stats?.kind === 'outgoing' ? stats : undefined;
}

export function isOutgoing(seen: GuestOnHost): boolean {
  return 'job' in seen && seen.job === 'outgoing';
}

export function isStopped(seen: GuestOnHost): boolean {
  return seen.state === 'paused' && seen.reason === 'migration';
}

const NO_STATS = {
  memProcessed: 0,
  memRemaining: 0,
  memTotal: 0,
  vfioTransferred: null,
  dirtyRate: 0,
  iteration: 0,
  memBps: 0,
  downtimeMs: null,
};

/** `watchedMs`: stands in for libvirt's time of the job where libvirt tells none. */
export function jobProgress(
  stats: RunningJobStats | undefined,
  job: JobState | undefined,
  watchedMs: number,
): JobProgress {
  const known = stats ?? { ...NO_STATS, elapsedMs: watchedMs };
  const maxDowntimeMs = job?.appliedDowntimeMs;
  return {
    phase: phaseOf(stats, job),
    elapsedMs: known.elapsedMs,
    bytesSent: known.memProcessed,
    bytesRemaining: known.memRemaining,
    bytesTotal: known.memTotal,
    vfioBytes: known.vfioTransferred,
    dirtyPagesPerSec: known.dirtyRate,
    iteration: known.iteration,
    mibPerSec: Math.round(known.memBps / 1_048_576),
    ...(maxDowntimeMs === undefined ? {} : { maxDowntimeMs }),
    expectedDowntimeMs: known.downtimeMs,
  };
}

function phaseOf(stats: RunningJobStats | undefined, job: JobState | undefined): JobProgress['phase'] {
  if (stats !== undefined && stats.memTotal > 0) return stats.guestStopped ? 'switchover' : 'pre-copy';
  if (job?.step === 'resuming') return 'resuming';
  return job?.wasSeen ? 'switchover' : (job?.step ?? 'starting'); // seen and gone: libvirt is tearing it down
}

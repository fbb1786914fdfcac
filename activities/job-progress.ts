/** A job's figures, as libvirt gives them and as people are shown them. */
import type { GuestOnHost, JobProgress } from '../src/contract';
import type { Hypervisor, JobStats } from '../src/hypervisor/port';
import type { JobState } from './migration-jobs';

export interface JobLook {
  /** Of the outgoing migration; another kind of job, such as a backup, is not ours to speak of. */
  stats: JobStats | undefined;
  /** For the switchover, by the migration itself. */
  guestStopped: boolean;
}

export async function lookAtJob(hypervisor: Hypervisor, guest: string): Promise<JobLook> {
  const [stats, seen] = await Promise.all([hypervisor.jobStats(guest), hypervisor.observe(guest)]);
  return { stats: stats?.kind === 'outgoing' ? stats : undefined, guestStopped: isStopped(seen) };
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
export function jobProgress(look: JobLook, job: JobState | undefined, watchedMs: number): JobProgress {
  const known = look.stats ?? { ...NO_STATS, elapsedMs: watchedMs };
  const maxDowntimeMs = job?.appliedDowntimeMs;
  return {
    phase: phaseOf(look, job),
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

function phaseOf({ stats, guestStopped }: JobLook, job: JobState | undefined): JobProgress['phase'] {
  if (stats !== undefined && stats.memTotal > 0) return guestStopped ? 'switchover' : 'pre-copy';
  if (job?.step === 'resuming') return 'resuming';
  return job?.wasSeen ? 'switchover' : (job?.step ?? 'starting'); // seen and gone: libvirt is tearing it down
}

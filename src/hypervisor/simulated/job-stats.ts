/** A job's numbers as `virDomainGetJobStats` gives them. */
import type { JobStats, RunningJobStats } from '../port';
import { mdevsOf } from './domain-def';
import { bytesPerSec, ramNow, sendMs } from './job-ram';
import type { FleetState, HostState, MigrationJob } from './state';
import { findDomain, hostNamed } from './state';

const PAGE_SIZE = 4096;
/** libvirt reports VFIO bytes from 10.6.0. */
const FIRST_LIBVIRT_WITH_VFIO_BYTES = 10_006_000;

/** Only the source has them: libvirt refuses to give an incoming job's. */
export function runningStats(fleet: FleetState, job: MigrationJob, source: HostState): RunningJobStats {
  const domain = findDomain(source, job.guest);
  const guestStopped = domain?.state === 'paused' && domain.reason === 'migration';
  return { ...outgoingStats(fleet, job, source), guestStopped };
}

function outgoingStats(fleet: FleetState, job: MigrationJob, source: HostState): JobStats {
  const ram = ramNow(fleet, job);
  return {
    kind: 'outgoing',
    elapsedMs: Math.round(fleet.now - job.startedAt),
    memTotal: ram.totalBytes,
    memProcessed: Math.round(ram.sentBytes),
    memRemaining: Math.round(ram.remainingBytes),
    dataProcessed: Math.round(ram.sentBytes),
    dirtyRate: dirtyPagesPerSec(job, source),
    pageSize: PAGE_SIZE,
    iteration: ram.iteration,
    memBps: job.step === 'pre-copy' && !job.stall ? bytesPerSec(fleet, job) : 0,
    vfioTransferred: vfioBytes(fleet, job, source),
    downtimeMs: Math.round(sendMs(fleet, job, ram.remainingBytes)),
  };
}

function dirtyPagesPerSec(job: MigrationJob, source: HostState): number {
  const domain = findDomain(source, job.guest);
  return domain?.state === 'running' ? Math.round(domain.load.dirtyBytesPerSec / PAGE_SIZE) : 0;
}

function vfioBytes(fleet: FleetState, job: MigrationJob, source: HostState): number | null {
  if (source.versions.libvirt < FIRST_LIBVIRT_WITH_VFIO_BYTES) return null;
  const devices = mdevsOf(findDomain(source, job.guest)?.live ?? null).length;
  const sentWithStoppedGuest = job.step === 'finish' || job.step === 'confirm';
  return sentWithStoppedGuest ? devices * fleet.timing.deviceStateBytes : 0;
}

/** What the target keeps when it has finished; VFIO bytes are not in it (seen on libvirt 11.3). */
export function completedStats(fleet: FleetState, job: MigrationJob): JobStats {
  const source = hostNamed(fleet, job.source);
  return {
    ...outgoingStats(fleet, job, source),
    kind: 'incoming',
    memBps: bytesPerSec(fleet, job),
    memRemaining: 0,
    vfioTransferred: null,
    downtimeMs: Math.round(fleet.now - (job.stoppedAt ?? fleet.now)),
  };
}

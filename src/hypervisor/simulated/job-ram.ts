/** The arithmetic of pre-copy: what has been sent, what is left, when the iteration ends. */
import type { FleetState, GuestLoad, MigrationJob, RamProgress } from './state';

/** A guest that writes little would make iterations of no length; QEMU's are never that short. */
const SHORTEST_ITERATION_MS = 100;

export function freshRam(now: number, totalBytes: number): RamProgress {
  return {
    at: now,
    totalBytes,
    sentBytes: 0,
    remainingBytes: totalBytes,
    iteration: 1,
    iterationStartedAt: now,
  };
}

export function bytesPerSec(fleet: FleetState, job: MigrationJob): number {
  const link = fleet.timing.linkBytesPerSec;
  return job.bandwidthBytesPerSec > 0 ? Math.min(link, job.bandwidthBytesPerSec) : link;
}

/** Memory as it stands now; nothing moves while the link is down. */
export function ramNow(fleet: FleetState, job: MigrationJob): RamProgress {
  const { ram } = job;
  if (job.stall || job.step !== 'pre-copy') return ram;
  const sent = Math.min(ram.remainingBytes, ((fleet.now - ram.at) / 1000) * bytesPerSec(fleet, job));
  return {
    ...ram,
    at: fleet.now,
    sentBytes: ram.sentBytes + sent,
    remainingBytes: ram.remainingBytes - sent,
  };
}

export function iterationEnd(fleet: FleetState, job: MigrationJob): number {
  const { ram } = job;
  const sentAt = ram.at + sendMs(fleet, job, ram.remainingBytes);
  return Math.max(sentAt, ram.iterationStartedAt + SHORTEST_ITERATION_MS);
}

export function sendMs(fleet: FleetState, job: MigrationJob, bytes: number): number {
  return (bytes / bytesPerSec(fleet, job)) * 1000;
}

/** What the guest has written again since the iteration began. */
export function dirtiedBytes(fleet: FleetState, job: MigrationJob, load: GuestLoad): number {
  const seconds = (fleet.now - job.ram.iterationStartedAt) / 1000;
  return Math.min(load.workingSetBytes, load.dirtyBytesPerSec * seconds, job.ram.totalBytes);
}

export function nextIteration(fleet: FleetState, job: MigrationJob, dirtied: number): RamProgress {
  return {
    ...job.ram,
    at: fleet.now,
    sentBytes: job.ram.sentBytes + job.ram.remainingBytes,
    remainingBytes: dirtied,
    iteration: job.ram.iteration + 1,
    iterationStartedAt: fleet.now,
  };
}

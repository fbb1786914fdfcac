/** How a migration job ends on each side; used by its plan and by everything that cuts the plan short. */
import type { StateReason } from '../../contract';
import { parseDef } from './domain-def';
import { endCopy, pause, run, undefine } from './domains';
import type { LibvirtError } from './errors';
import { completedStats } from './job-stats';
import type { DomainState, FleetState, MigrationJob } from './state';
import { findDomain, hostNamed } from './state';

/** Ended jobs are kept so that their callers can read how they ended; older ones than that nobody asks for. */
const ENDED_JOBS_KEPT = 200;

export function endJob(fleet: FleetState, job: MigrationJob, error: LibvirtError | null): void {
  Object.assign(job, { step: 'ended', stepEndsAt: null, stall: null, request: null, error });
  const ended = fleet.jobs.filter(({ step }) => step === 'ended');
  const forgotten = new Set(ended.slice(0, Math.max(0, ended.length - ENDED_JOBS_KEPT)));
  fleet.jobs = fleet.jobs.filter((other) => !forgotten.has(other));
}

/** The source takes its guest back; the target drops its copy unless it has finished already. */
export function failJob(fleet: FleetState, job: MigrationJob, error: LibvirtError): void {
  resumeSource(fleet, job);
  dropTarget(fleet, job);
  endJob(fleet, job, error);
}

/** Undoes the stop for the switchover; a guest whose user had paused it stays so. */
export function resumeSource(
  fleet: FleetState,
  job: Pick<MigrationJob, 'guest' | 'source'>,
  reason: StateReason = 'migration-cancelled',
): void {
  const host = hostNamed(fleet, job.source);
  const domain = findDomain(host, job.guest);
  if (domain && isStoppedByMigration(domain)) run(fleet, host, domain, reason);
}

function isStoppedByMigration(domain: DomainState): boolean {
  return domain.state === 'paused' && domain.reason === 'migration';
}

/** The target's daemon kills the incoming QEMU. Its mdevs stay as they are: loading for ever. */
export function dropTarget(fleet: FleetState, job: MigrationJob): void {
  if (job.targetCopy !== 'incoming') return;
  const host = hostNamed(fleet, job.target);
  const domain = findDomain(host, job.guest);
  if (domain?.live) endCopy(host, domain, 'failed');
}

/** Finish on the target: its copy becomes a guest of its own. */
export function finishTarget(fleet: FleetState, job: MigrationJob): void {
  const host = hostNamed(fleet, job.target);
  const domain = findDomain(host, job.guest);
  if (!domain || job.targetCopy !== 'incoming') return;
  domain.completedJob = completedStats(fleet, job);
  job.targetCopy = 'finished';
  const persistXml = job.request?.persistXml;
  if (persistXml) domain.inactive = parseDef(persistXml);
  if (job.pausedByUser || job.request?.startPaused) pause(domain, 'user');
  else run(fleet, host, domain, 'migrated');
}

/** By the switchover, at some time. */
export function isSourceStopped(job: MigrationJob): boolean {
  return !job.pausedByUser && job.stoppedAt !== null;
}

/** The source's QEMU, stopped by the switchover, has been told to end. One that its user had paused was not stopped by it. */
export function isSourceEnding(job: MigrationJob): boolean {
  return !job.pausedByUser && (job.step === 'confirm' || (job.step === 'ended' && job.error === null));
}

/** Confirm on the source: its copy goes, and its definition too if the target was given one (UNDEFINE_SOURCE). */
export function confirmSource(fleet: FleetState, job: MigrationJob): void {
  const host = hostNamed(fleet, job.source);
  const domain = findDomain(host, job.guest);
  if (domain?.live) endCopy(host, domain, 'migrated');
  if (job.request?.persistXml) undefine(host, findDomain(host, job.guest));
  endJob(fleet, job, null);
}

/**
 * A migration as a plan over time: prepare → pre-copy → switchover → finish → confirm. The fleet's timeline calls
 * `completeStep` when a step's time is over, whoever started the job: it is peer-to-peer and needs no client.
 */
import { HypervisorError, PLAIN_CHANNEL } from '../port';
import type { MigrateSettings } from '../port';
import { abiDifference, mdevsOf, parseDef } from './domain-def';
import type { DomainDef } from './domain-def';
import { pause, requireActive, startPausedCopy } from './domains';
import {
  alreadyActive,
  incomingCannotBeAborted,
  jobAborted,
  mdevBusy,
  mdevMissing,
  nameTaken,
  noJob,
  peerUnreachable,
  blocked,
  sameHost,
  staleMdevLoadFailed,
  toHypervisorError,
  unsupportedConfig,
  wrongTypeLoadFailed,
} from './errors';
import type { LibvirtError } from './errors';
import type { FaultPhase } from './fault';
import { strikeAtPhase } from './faults';
import { confirmSource, failJob, finishTarget } from './job-end';
import { dirtiedBytes, freshRam, iterationEnd, nextIteration, ramNow, sendMs } from './job-ram';
import { findMdev, userOf } from './mdevs';
import type { DomainState, FleetState, HostState, JobStep, MigrationJob } from './state';
import { activeJob, cutBetween, domainOf, findDomain, hostNamed } from './state';
import { refuseAsSource, refuseAsTarget } from './tls';

const BYTES_PER_MIB = 2 ** 20;

/** Checks what the source alone can check, then starts the job. What the target refuses ends the job at once. */
export function beginMigration(
  fleet: FleetState,
  source: HostState,
  guest: string,
  target: string,
  request: MigrateSettings,
): MigrationJob {
  const domain = domainOf(source, guest);
  requireActive(domain);
  if (target === source.name) throw sameHost();
  if (domain.blockers?.length) throw blocked(domain.blockers);
  const difference = abiDifference(domain.live as DomainDef, parseDef(request.destXml));
  if (difference) throw unsupportedConfig(difference);

  const job = newJob(fleet, source, domain, target, request);
  fleet.jobs.push(job);
  enter(fleet, job, 'prepare', fleet.timing.prepareMs);
  if (!isOver(job)) prepareTarget(fleet, job, request);
  return job;
}

function newJob(
  fleet: FleetState,
  source: HostState,
  domain: DomainState,
  target: string,
  request: MigrateSettings,
): MigrationJob {
  return {
    id: fleet.nextJobId++,
    guest: domain.uuid,
    source: source.name,
    target,
    request,
    pausedByUser: domain.state === 'paused',
    step: 'prepare',
    startedAt: fleet.now,
    stepEndsAt: null,
    ram: freshRam(fleet.now, (domain.live as DomainDef).memoryBytes),
    maxDowntimeMs: request.maxDowntimeMs,
    bandwidthBytesPerSec: request.bandwidthMiBps * BYTES_PER_MIB,
    stoppedAt: null,
    targetCopy: 'none',
    stall: null,
    error: null,
  };
}

const PHASE_OF_STEP: Record<Exclude<JobStep, 'ended'>, FaultPhase> = {
  prepare: 'prepare',
  'pre-copy': 'perform',
  switchover: 'switchover',
  finish: 'finish',
  confirm: 'confirm',
};

function enter(fleet: FleetState, job: MigrationJob, step: Exclude<JobStep, 'ended'>, lastsMs: number): void {
  job.step = step;
  job.stepEndsAt = fleet.now + lastsMs;
  strikeAtPhase(fleet, job, PHASE_OF_STEP[step]);
}

function isOver(job: MigrationJob): boolean {
  return job.step === 'ended';
}

function prepareTarget(fleet: FleetState, job: MigrationJob, request: MigrateSettings): void {
  try {
    const target = reachableTarget(fleet, job, request.targetUri);
    const copy = parseDef(request.destXml);
    requireRoomFor(target, copy);
    const refusal = refuseAsTarget(target, request.channel);
    if (refusal) throw toHypervisorError(refusal);
    const { load } = domainOf(hostNamed(fleet, job.source), job.guest);
    startPausedCopy(target, copy, { ...load }, 'migration');
    job.targetCopy = 'incoming';
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    failJob(fleet, job, { code: error.code, domain: error.domain, text: error.message });
  }
}

function reachableTarget(fleet: FleetState, job: MigrationJob, uri: string): HostState {
  if (cutBetween(fleet, job.source, job.target)) throw peerUnreachable(uri, 'No route to host');
  const target = fleet.hosts[job.target];
  if (!target) throw peerUnreachable(uri, 'Name or service not known');
  if (!target.libvirtd.up) throw peerUnreachable(uri, 'Connection refused');
  return target;
}

function requireRoomFor(target: HostState, copy: DomainDef): void {
  if (findDomain(target, copy.uuid)?.live) throw alreadyActive(copy.name);
  const namesake = target.domains.find(({ name, uuid }) => name === copy.name && uuid !== copy.uuid);
  if (namesake) throw nameTaken(copy.name, namesake.uuid);
  for (const uuid of mdevsOf(copy)) requireFreeMdev(target, uuid, copy.name);
}

function requireFreeMdev(target: HostState, uuid: string, name: string): void {
  if (!findMdev(target, uuid)?.active) throw mdevMissing(uuid);
  const user = userOf(target, uuid);
  if (user) throw mdevBusy(uuid, user.name);
  const { heldMdevs = {} } = target.libvirtd;
  const holder = heldMdevs[uuid];
  if (holder === undefined) return;
  if (holder === name) delete heldMdevs[uuid]; // its clean-up after this refusal forgets it
  throw mdevBusy(uuid, holder);
}

/** The job's present step has run its time. */
export function completeStep(fleet: FleetState, job: MigrationJob): void {
  if (job.step === 'prepare') startPreCopy(fleet, job);
  else if (job.step === 'pre-copy') endIteration(fleet, job);
  else if (job.step === 'switchover') enter(fleet, job, 'finish', fleet.timing.finishMs);
  else if (job.step === 'finish') completeFinish(fleet, job);
  else if (job.step === 'confirm') confirmSource(fleet, job);
}

function startPreCopy(fleet: FleetState, job: MigrationJob): void {
  const refusal = refuseChannel(fleet, job) ?? startLoading(fleet, job);
  if (refusal) return failJob(fleet, job, refusal);
  job.ram = freshRam(fleet.now, job.ram.totalBytes);
  enter(fleet, job, 'pre-copy', sendMs(fleet, job, job.ram.remainingBytes));
}

/** Before anything is sent: the target's drivers have not begun to load. */
function refuseChannel(fleet: FleetState, job: MigrationJob): LibvirtError | undefined {
  const channel = job.request?.channel ?? PLAIN_CHANNEL;
  return refuseAsSource(hostNamed(fleet, job.source), hostNamed(fleet, job.target), channel);
}

/** The target's drivers begin to load, and stay at it until the guest runs there. */
function startLoading(fleet: FleetState, job: MigrationJob): LibvirtError | undefined {
  const source = hostNamed(fleet, job.source);
  const target = hostNamed(fleet, job.target);
  const from = mdevsOf(domainOf(source, job.guest).live).map((uuid) => findMdev(source, uuid));
  const to = mdevsOf(domainOf(target, job.guest).live).map((uuid) => findMdev(target, uuid));
  const stale = to.some((mdev) => mdev?.resuming);
  const wrongType = to.some((mdev, i) => mdev?.type !== from[i]?.type);
  for (const mdev of to) if (mdev) mdev.resuming = true;
  if (stale) return staleMdevLoadFailed;
  return wrongType ? wrongTypeLoadFailed : undefined;
}

/** Goes on iterating until what is left can be sent within the allowed downtime: for ever, if the guest writes too fast. */
function endIteration(fleet: FleetState, job: MigrationJob): void {
  const domain = domainOf(hostNamed(fleet, job.source), job.guest);
  const dirtied = domain.state === 'running' ? dirtiedBytes(fleet, job, domain.load) : 0;
  job.ram = nextIteration(fleet, job, dirtied);
  if (sendMs(fleet, job, dirtied) <= job.maxDowntimeMs) return switchOver(fleet, job, domain);
  job.stepEndsAt = iterationEnd(fleet, job);
}

function switchOver(fleet: FleetState, job: MigrationJob, domain: DomainState): void {
  job.stoppedAt = fleet.now;
  if (domain.state === 'running') pause(domain, 'migration');
  const devicesMs = mdevsOf(domain.live).length * fleet.timing.deviceStateMs;
  enter(fleet, job, 'switchover', sendMs(fleet, job, job.ram.remainingBytes) + devicesMs);
}

function completeFinish(fleet: FleetState, job: MigrationJob): void {
  finishTarget(fleet, job);
  enter(fleet, job, 'confirm', fleet.timing.confirmMs);
}

/** While QEMU still sends, an abort brings the guest back; after that it is accepted and changes nothing. */
export function abortJob(fleet: FleetState, host: HostState, guest: string): void {
  domainOf(host, guest);
  const job = activeJob(fleet, host.name, guest);
  if (!job) throw noJob();
  if (job.source !== host.name) throw incomingCannotBeAborted();
  if (job.step === 'finish' || job.step === 'confirm') return;
  failJob(fleet, job, jobAborted);
}

export function setMaxDowntime(fleet: FleetState, host: HostState, guest: string, ms: number): void {
  requireActive(domainOf(host, guest));
  const job = activeJob(fleet, host.name, guest);
  if (job) job.maxDowntimeMs = ms;
}

export function setBandwidth(fleet: FleetState, host: HostState, guest: string, mibps: number): void {
  requireActive(domainOf(host, guest));
  const job = activeJob(fleet, host.name, guest);
  if (!job) return;
  job.ram = ramNow(fleet, job);
  job.bandwidthBytesPerSec = mibps * BYTES_PER_MIB;
  if (job.step === 'pre-copy' && !job.stall) job.stepEndsAt = iterationEnd(fleet, job);
}

/**
 * What the death of a daemon, of a QEMU or of a link does to guests and to migrations under way, step by step.
 * Follows what was seen on real hosts; where a kill raced a call in flight, `otherRace` is the rarer outcome.
 */
import type { StateReason } from '../../contract';
import { endCopy } from './domains';
import { daemonDied, peerConnectionGone, sourceQemuGone, targetQemuGone } from './errors';
import { dropTarget, endJob, failJob, finishTarget, resumeSource } from './job-end';
import { iterationEnd, ramNow } from './job-ram';
import type { CutLink, FleetState, HostState, MigrationJob } from './state';
import { cutBetween, domainOf, findDomain, hostNamed } from './state';

function jobsUnderWay(fleet: FleetState): MigrationJob[] {
  return fleet.jobs.filter(({ step }) => step !== 'ended');
}

export function killLibvirtd(
  fleet: FleetState,
  hostName: string,
  restartAfterMs: number | null,
  otherRace = false,
): void {
  const host = hostNamed(fleet, hostName);
  if (!host.libvirtd.up) return;
  host.libvirtd.up = false;
  host.libvirtd.restartAt = restartAfterMs === null ? null : fleet.now + restartAfterMs;
  for (const job of jobsUnderWay(fleet)) {
    if (job.source === hostName) sourceDaemonDied(fleet, job, host, otherRace);
    else if (job.target === hostName) targetDaemonDied(fleet, job, host);
  }
}

/** The guest stands still on its source, and only its daemon could start it there. */
const STOPPED_STEPS: readonly MigrationJob['step'][] = ['switchover', 'finish', 'confirm'];

function sourceDaemonDied(fleet: FleetState, job: MigrationJob, source: HostState, otherRace: boolean): void {
  const { guest } = job;
  const sourceStopped = STOPPED_STEPS.includes(job.step);
  if (job.step === 'finish') {
    // The source's copy stays paused for good: a restarted daemon leaves it to a third party.
    if (otherRace) dropTarget(fleet, job);
    else finishTarget(fleet, job);
  } else if (job.step === 'confirm') {
    // Most often the kill comes before libvirtd has noted that it confirms: then it leaves the copy to a third party, too.
    if (otherRace) source.libvirtd.onRestart.push({ guest, act: 'kill' });
  } else {
    dropTarget(fleet, job);
    source.libvirtd.onRestart.push({ guest, act: 'cancel-and-resume' });
  }
  endJob(fleet, job, { ...daemonDied, ...(sourceStopped && { sourceStopped }) });
}

/** The orphaned QEMU lives, unseen, until its daemon is back and ends it. */
function targetDaemonDied(fleet: FleetState, job: MigrationJob, target: HostState): void {
  if (job.step === 'confirm') return;
  if (job.targetCopy === 'incoming') target.libvirtd.onRestart.push({ guest: job.guest, act: 'kill' });
  resumeSource(fleet, job);
  endJob(fleet, job, peerConnectionGone);
}

export function startLibvirtd(fleet: FleetState, hostName: string): void {
  const host = hostNamed(fleet, hostName);
  if (host.libvirtd.up) return;
  const recoveries = host.libvirtd.onRestart;
  host.libvirtd = { up: true, generation: host.libvirtd.generation + 1, restartAt: null, onRestart: [] };
  for (const { guest, act } of recoveries) recover(fleet, host, guest, act);
}

function recover(fleet: FleetState, host: HostState, guest: string, act: 'cancel-and-resume' | 'kill'): void {
  const domain = findDomain(host, guest);
  if (!domain?.live) return;
  if (act === 'kill') endCopy(host, domain, 'daemon');
  else resumeSource(fleet, { guest, source: host.name });
}

/** A guest's QEMU ends, for whatever reason: killed, destroyed, or shut down from inside. */
export function endQemu(fleet: FleetState, hostName: string, guest: string, reason: StateReason): void {
  const host = hostNamed(fleet, hostName);
  const domain = domainOf(host, guest);
  if (domain.live) endCopy(host, domain, reason);
  const job = jobsUnderWay(fleet).find((running) => running.guest === guest);
  if (job?.source === hostName) sourceQemuEnded(fleet, job);
  else if (job?.target === hostName && job.targetCopy === 'incoming') targetQemuEnded(fleet, job);
}

/** As long as it sends, the source's QEMU goes on by itself; later its daemon makes it. */
function targetQemuEnded(fleet: FleetState, job: MigrationJob): void {
  if (job.step === 'switchover') resumeSource(fleet, job, 'unpaused');
  failJob(fleet, job, targetQemuGone);
}

/** Once all state has been sent the target needs the source no more. */
function sourceQemuEnded(fleet: FleetState, job: MigrationJob): void {
  if (job.step === 'finish' || job.step === 'confirm') return;
  dropTarget(fleet, job);
  endJob(fleet, job, sourceQemuGone);
}

export function cutLink(fleet: FleetState, a: string, b: string, healAfterMs: number | null): void {
  if (cutBetween(fleet, a, b)) return;
  fleet.cutLinks.push({
    hosts: [a, b],
    since: fleet.now,
    healsAt: healAfterMs === null ? null : fleet.now + healAfterMs,
  });
  for (const job of jobsOver(fleet, a, b)) stall(fleet, job);
}

function jobsOver(fleet: FleetState, a: string, b: string): MigrationJob[] {
  return jobsUnderWay(fleet).filter(
    ({ source, target }) => [a, b].includes(source) && [a, b].includes(target),
  );
}

/** At Finish the target has been told and does its part; only its answer is lost. Confirm needs no link. */
function stall(fleet: FleetState, job: MigrationJob): void {
  if (job.step === 'confirm') return;
  if (job.step === 'finish') finishTarget(fleet, job);
  job.ram = ramNow(fleet, job);
  job.stall = { since: fleet.now, failsAt: fleet.now + fleet.timing.keepaliveMs };
}

/** Whoever has not given up yet goes on where it stood. */
export function healLink(fleet: FleetState, cut: CutLink): void {
  fleet.cutLinks = fleet.cutLinks.filter((other) => other !== cut);
  for (const job of jobsOver(fleet, ...cut.hosts)) {
    if (!job.stall || job.stepEndsAt === null) continue;
    job.stepEndsAt += fleet.now - job.stall.since;
    job.ram.at = fleet.now;
    job.stall = null;
    if (job.step === 'pre-copy') job.stepEndsAt = iterationEnd(fleet, job);
  }
}

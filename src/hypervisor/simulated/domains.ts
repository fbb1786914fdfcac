/** Domains of one host: how one begins, runs, pauses and ends, and what libvirt says of it. */
import type { GuestOnHost, JobKind, StateReason } from '../../contract';
import type { DomainInfo, XmlKind } from '../port';
import type { DomainDef } from './domain-def';
import { isSecure, mdevsOf, withoutSecrets } from './domain-def';
import { alreadyRunning, noAutostartOfTransient, notRunning } from './errors';
import { findMdev } from './mdevs';
import type { DomainState, FleetState, GuestLoad, HostState } from './state';
import { activeJob, findDomain } from './state';

export function describeDomain(domain: DomainState): DomainInfo {
  return {
    uuid: domain.uuid,
    name: domain.name,
    running: domain.live !== null,
    persistent: domain.inactive !== null,
    autostart: domain.autostart,
  };
}

export function observeGuest(fleet: FleetState, host: HostState, guest: string): GuestOnHost {
  const domain = findDomain(host, guest);
  if (!domain) return { state: 'absent' };
  const { state, reason } = domain;
  const persistent = domain.inactive !== null;
  if (state === 'shut-off') return { state, reason, persistent };
  return { state, reason, persistent, job: jobKind(fleet, host, guest) };
}

function jobKind(fleet: FleetState, host: HostState, guest: string): JobKind {
  const job = activeJob(fleet, host.name, guest);
  if (!job) return 'none';
  return job.source === host.name ? 'outgoing' : 'incoming';
}

/** libvirt falls back on the other XML when a domain has only one. */
export function xmlOf(domain: DomainState, kind: XmlKind): string {
  const inactiveFirst = kind === 'inactive' || kind === 'migratable-inactive';
  const def = (
    inactiveFirst ? (domain.inactive ?? domain.live) : (domain.live ?? domain.inactive)
  ) as DomainDef;
  return isSecure(kind) ? def.xml : withoutSecrets(def.xml);
}

/** Adds a paused copy of a guest, or makes one of its shut off definition. */
export function startPausedCopy(
  host: HostState,
  live: DomainDef,
  load: GuestLoad,
  reason: StateReason,
): DomainState {
  let domain = findDomain(host, live.uuid);
  if (!domain) {
    domain = {
      uuid: live.uuid,
      name: live.name,
      live,
      inactive: null,
      autostart: false,
      state: 'paused',
      reason,
      load,
      completedJob: null,
    };
    host.domains.push(domain);
  }
  Object.assign(domain, { live, load, state: 'paused', reason });
  return domain;
}

/** vCPUs start; the devices leave whatever migration state they were in. */
export function run(fleet: FleetState, host: HostState, domain: DomainState, reason: StateReason): void {
  domain.state = 'running';
  domain.reason = reason;
  for (const uuid of mdevsOf(domain.live)) {
    const mdev = findMdev(host, uuid);
    if (mdev) mdev.resuming = false;
  }
  noteDoubleRun(fleet, domain.uuid);
}

function noteDoubleRun(fleet: FleetState, guest: string): void {
  const hosts = hostsRunning(fleet, guest);
  if (hosts.length > 1) fleet.doubleRuns.push({ at: fleet.now, guest, hosts });
}

/** Hosts on which a copy of the guest executes, whatever their daemons can tell. */
export function hostsRunning(fleet: FleetState, guest: string): string[] {
  return Object.values(fleet.hosts)
    .filter((host) => findDomain(host, guest)?.state === 'running')
    .map((host) => host.name);
}

export function pause(domain: DomainState, reason: StateReason): void {
  domain.state = 'paused';
  domain.reason = reason;
}

/** QEMU is gone. A transient domain vanishes with it. */
export function endCopy(host: HostState, domain: DomainState, reason: StateReason): void {
  Object.assign(domain, { live: null, state: 'shut-off', reason });
  if (!domain.inactive) removeDomain(host, domain);
}

function removeDomain(host: HostState, domain: DomainState): void {
  host.domains = host.domains.filter((other) => other !== domain);
}

export function resume(fleet: FleetState, host: HostState, domain: DomainState): void {
  requireActive(domain);
  if (domain.state === 'running') throw alreadyRunning();
  run(fleet, host, domain, 'unpaused');
}

export function requireActive(domain: DomainState): void {
  if (!domain.live) throw notRunning();
}

/** A running domain becomes transient; a shut off one vanishes. */
export function undefine(host: HostState, domain: DomainState | undefined): void {
  if (!domain) return;
  domain.inactive = null;
  domain.autostart = false;
  if (!domain.live) removeDomain(host, domain);
}

export function setAutostart(domain: DomainState, on: boolean): void {
  if (!domain.inactive) throw noAutostartOfTransient();
  domain.autostart = on;
}

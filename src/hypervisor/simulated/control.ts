/** The operator's hand in a simulated fleet: what tests and demos do that is not in the port. */
import { randomUUID } from 'node:crypto';
import type { HostVersions } from '../../contract';
import type { MdevDevice } from '../port';
import { changeFleet, readFleet, waitForFleet } from './access';
import type { FleetAccess } from './access';
import { parseDef } from './domain-def';
import { hostsRunning, pause, run, startPausedCopy } from './domains';
import { notRunning } from './errors';
import type { Fault } from './fault';
import { guestXml } from './guest-xml';
import { createMdev, describeMdev, findMdev } from './mdevs';
import { cutLink, endQemu, healLink, killLibvirtd, startLibvirtd } from './outages';
import type { DoubleRun, FleetState, GuestLoad, HostCertificate, HostState, ParentState } from './state';
import { cutBetween, domainOf, findDomain, hostNamed } from './state';
import { nextChangeAt } from './timeline';

export interface HostSpec {
  name: string;
  versions: HostVersions;
  parents: Record<string, ParentState>;
}

export interface StartGuest {
  host: string;
  name: string;
  uuid?: string;
  /** How many mdevs, or the UUIDs of existing ones. */
  mdevs: number | string[];
  type: string;
  parent: string;
  persistent?: boolean;
  autostart?: boolean;
  memoryMiB?: number;
  vncPassword?: string;
  load?: GuestLoad;
  /** Why its QEMU refuses to migrate it. */
  blockers?: string[];
}

export interface StartedGuest {
  uuid: string;
  mdevs: string[];
}

const IDLE: GuestLoad = { dirtyBytesPerSec: 0, workingSetBytes: 0 };

export function addHost(fleet: FleetState, { name, versions, parents }: HostSpec): void {
  const libvirtd = { up: true, generation: 1, restartAt: null, onRestart: [] };
  fleet.hosts[name] = { name, versions, parents, mdevs: [], domains: [], libvirtd };
}

export function startGuest(fleet: FleetState, spec: StartGuest): StartedGuest {
  const host = hostNamed(fleet, spec.host);
  const persistent = spec.persistent ?? true;
  const uuid = spec.uuid ?? randomUUID();
  const mdevs = typeof spec.mdevs === 'number' ? newMdevs(host, spec, spec.mdevs, persistent) : spec.mdevs;
  const { name, memoryMiB = 2048, vncPassword } = spec;
  const guest = { uuid, name, memoryMiB, mdevs, ...(vncPassword === undefined ? {} : { vncPassword }) };
  const domain = startPausedCopy(host, parseDef(guestXml(guest, 'live')), spec.load ?? IDLE, 'starting');
  domain.inactive = persistent ? parseDef(guestXml(guest, 'inactive')) : null;
  domain.autostart = spec.autostart ?? false;
  if (spec.blockers) domain.blockers = spec.blockers;
  run(fleet, host, domain, 'booted');
  return { uuid, mdevs };
}

function newMdevs(
  host: HostState,
  { type, parent }: StartGuest,
  count: number,
  persistent: boolean,
): string[] {
  return Array.from({ length: count }, () => {
    const uuid = randomUUID();
    createMdev(host, { uuid, type, parent, persistent });
    return uuid;
  });
}

export class FleetControl {
  constructor(private readonly access: FleetAccess) {}

  addHost(spec: HostSpec): Promise<void> {
    return this.change((fleet) => addHost(fleet, spec));
  }

  setVersions(host: string, versions: HostVersions): Promise<void> {
    return this.change((fleet) => {
      hostNamed(fleet, host).versions = versions;
    });
  }

  startGuest(spec: StartGuest): Promise<StartedGuest> {
    return this.change((fleet) => startGuest(fleet, spec));
  }

  /** The guest's user pauses it, wherever it runs. */
  pauseGuest(guest: string): Promise<void> {
    return this.change((fleet) => pause(domainOf(runningHost(fleet, guest), guest), 'user'));
  }

  /** The guest shuts itself down, wherever it runs. */
  shutDownGuest(guest: string): Promise<void> {
    return this.change((fleet) => endQemu(fleet, runningHost(fleet, guest).name, guest, 'shutdown'));
  }

  /** Hosts whose copy of the guest executes, seen past any dead daemon: more than one breaks the product's first rule. */
  runningCopies(guest: string): Promise<string[]> {
    return readFleet(this.access, (fleet) => hostsRunning(fleet, guest));
  }

  /** Every moment at which a second copy of any guest began to run. */
  doubleRuns(): Promise<DoubleRun[]> {
    return readFleet(this.access, (fleet) => structuredClone(fleet.doubleRuns));
  }

  mdevs(host: string): Promise<MdevDevice[]> {
    return readFleet(this.access, (fleet) => hostNamed(fleet, host).mdevs.map(describeMdev));
  }

  /** Leaves a device as a failed incoming migration would. */
  jamMdev(host: string, uuid: string): Promise<void> {
    return this.change((fleet) => {
      const mdev = findMdev(hostNamed(fleet, host), uuid);
      if (!mdev) throw new Error(`no mdev ${uuid} on ${host}`);
      mdev.resuming = true;
    });
  }

  /** Leaves a device as libvirtd was seen to do when a target's QEMU died at Finish: held for a guest that is gone. */
  holdMdev(host: string, uuid: string, guestName: string): Promise<void> {
    return this.change((fleet) => {
      const { libvirtd } = hostNamed(fleet, host);
      libvirtd.heldMdevs = { ...libvirtd.heldMdevs, [uuid]: guestName };
    });
  }

  /** Gives the host's QEMU a certificate, good but for `change`; null takes it away. */
  setCertificate(host: string, change: Partial<HostCertificate> | null = {}): Promise<void> {
    return this.change((fleet) => {
      const state = hostNamed(fleet, host);
      if (change === null) delete state.certificate;
      else state.certificate = { name: host, authority: 'the authority', expired: false, ...change };
    });
  }

  killQemu(host: string, guest: string): Promise<void> {
    return this.change((fleet) => endQemu(fleet, host, guest, 'crashed'));
  }

  killLibvirtd(host: string, restartAfterMs: number | null = null): Promise<void> {
    return this.change((fleet) => killLibvirtd(fleet, host, restartAfterMs));
  }

  /** The host loses its power: the guest's copy there is gone, its daemon is down until started, and no device remembers a migration. */
  losePower(host: string, guest: string): Promise<void> {
    return this.change((fleet) => {
      killLibvirtd(fleet, host, null);
      if (findDomain(hostNamed(fleet, host), guest)) endQemu(fleet, host, guest, 'crashed');
      for (const mdev of hostNamed(fleet, host).mdevs) mdev.resuming = false;
    });
  }

  startLibvirtd(host: string): Promise<void> {
    return this.change((fleet) => startLibvirtd(fleet, host));
  }

  cutLink(a: string, b: string): Promise<void> {
    return this.change((fleet) => cutLink(fleet, a, b, null));
  }

  healLink(a: string, b: string): Promise<void> {
    return this.change((fleet) => {
      const cut = cutBetween(fleet, a, b);
      if (cut) healLink(fleet, cut);
    });
  }

  arm(faults: Fault[]): Promise<void> {
    return this.change((fleet) => void fleet.faults.push(...structuredClone(faults)));
  }

  /** What has not struck yet never will. */
  disarm(): Promise<void> {
    return this.change((fleet) => {
      fleet.faults = [];
    });
  }

  firedFaults(): Promise<Fault[]> {
    return readFleet(this.access, (fleet) => structuredClone(fleet.firedFaults));
  }

  /** Waits until the fleet is as `holds` wants it; with a driven clock, somebody has to drive it. */
  async until(holds: (fleet: FleetState) => boolean): Promise<void> {
    const never = new AbortController().signal;
    await waitForFleet(
      this.access,
      (fleet) => (holds(fleet) ? { value: undefined } : { lookAgainAt: nextChangeAt(fleet) }),
      never,
    );
  }

  /** Waits until a migration of the guest has begun. */
  untilMigrating(guest: string): Promise<void> {
    return this.until((fleet) => fleet.jobs.some((job) => job.guest === guest && job.step !== 'ended'));
  }

  snapshot(): Promise<FleetState> {
    return readFleet(this.access, (fleet) => structuredClone(fleet));
  }

  private change<T>(change: (fleet: FleetState) => T): Promise<T> {
    return changeFleet(this.access, change);
  }
}

function runningHost(fleet: FleetState, guest: string): HostState {
  const [name] = hostsRunning(fleet, guest);
  if (!name) throw notRunning();
  return hostNamed(fleet, name);
}

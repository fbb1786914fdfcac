/** The whole simulated fleet as one JSON value, and how to find things in it. */
import type { HostVersions, StateReason } from '../../contract';
import type { JobStats, MdevDevice, MigrateSettings } from '../port';
import type { DomainDef } from './domain-def';
import { domainNotFound, noSuchHost } from './errors';
import type { LibvirtError } from './errors';
import type { Fault } from './fault';

export interface FleetState {
  /** Fleet time in milliseconds up to which everything that was due has happened. */
  now: number;
  /** Raised by every change that others may wait for; `now` alone is none. */
  revision: number;
  timing: Timing;
  hosts: Record<string, HostState>;
  jobs: MigrationJob[];
  nextJobId: number;
  cutLinks: CutLink[];
  /** Armed, in the order in which they are tried. */
  faults: Fault[];
  firedFaults: Fault[];
  /** Every moment at which a second copy of a guest began to run. */
  doubleRuns: DoubleRun[];
}

/** How long things take, in fleet time. */
export interface Timing {
  /** The target's QEMU starts. */
  prepareMs: number;
  /** Network between two hosts. */
  linkBytesPerSec: number;
  /** Saving, sending and loading one vGPU's state with the vCPUs stopped. */
  deviceStateMs: number;
  deviceStateBytes: number;
  finishMs: number;
  /** The source's QEMU is torn down. */
  confirmMs: number;
  /** libvirt gives a silent connection up after this long (seen: 27 to 29 s). */
  keepaliveMs: number;
  /** libvirt's QEMU_JOB_WAIT_TIME: how long a call waits for another job of the same domain. */
  jobLockMs: number;
}

export const DEFAULT_TIMING: Readonly<Timing> = {
  prepareMs: 500,
  linkBytesPerSec: 1.5 * 2 ** 30,
  deviceStateMs: 60,
  deviceStateBytes: 64 * 2 ** 20,
  finishMs: 60,
  confirmMs: 60,
  keepaliveMs: 29_000,
  jobLockMs: 30_000,
};

export interface HostState {
  name: string;
  versions: HostVersions;
  parents: Record<string, ParentState>;
  mdevs: MdevState[];
  domains: DomainState[];
  libvirtd: LibvirtdState;
  /** Its QEMU's, for migrations over TLS; absent = it has none. */
  certificate?: HostCertificate;
}

export interface HostCertificate {
  /** Of the host that it is for. */
  name: string;
  authority: string;
  expired: boolean;
}

export interface LibvirtdState {
  up: boolean;
  /** Raised by each start: connections to an earlier one are dead. */
  generation: number;
  /** When it comes back by itself; null = not, or it is up. */
  restartAt: number | null;
  /** What it does to its guests when it starts and finds a migration interrupted. */
  onRestart: { guest: string; act: 'cancel-and-resume' | 'kill' }[];
  /** Mdevs that it still holds for a guest that is gone, with that guest's name: it refuses them until it is restarted. */
  heldMdevs?: Record<string, string>;
}

/** A device that offers mdev types. All of its devices share `capacity`; each takes its type's `cost`. */
export interface ParentState {
  capacity: number;
  /** True for GPUs that carry one type at a time. */
  oneTypeAtATime: boolean;
  types: Record<string, { name: string | null; cost: number }>;
}

export interface MdevState extends MdevDevice {
  /**
   * The driver is loading (or was left loading) a migrated state: a failed incoming migration leaves it so and every
   * later one fails. Nothing on the host shows it.
   */
  resuming: boolean;
}

/** How much memory a guest writes. */
export interface GuestLoad {
  dirtyBytesPerSec: number;
  /** The memory that it writes over and over. */
  workingSetBytes: number;
}

export interface DomainState {
  uuid: string;
  name: string;
  /** What runs; null when shut off. */
  live: DomainDef | null;
  /** The persistent definition; null for a transient domain. */
  inactive: DomainDef | null;
  autostart: boolean;
  state: 'running' | 'paused' | 'shut-off';
  reason: StateReason;
  load: GuestLoad;
  /** Why its QEMU refuses to migrate it; absent: it does not. */
  blockers?: string[];
  completedJob: JobStats | null;
}

export type JobStep = 'prepare' | 'pre-copy' | 'switchover' | 'finish' | 'confirm' | 'ended';

export interface MigrationJob {
  id: number;
  guest: string;
  source: string;
  target: string;
  /** Null once ended: it holds the guest's secrets. */
  request: MigrateSettings | null;
  /** The guest was paused by its user when the job began. */
  pausedByUser: boolean;
  step: JobStep;
  startedAt: number;
  /** Null when the step has no planned end (the job has ended). */
  stepEndsAt: number | null;
  ram: RamProgress;
  maxDowntimeMs: number;
  /** 0 = only the link limits it. */
  bandwidthBytesPerSec: number;
  /** When the source's vCPUs were stopped for the switchover. */
  stoppedAt: number | null;
  /** `finished`: the target has done Finish, its copy is a guest of its own now. */
  targetCopy: 'none' | 'incoming' | 'finished';
  /** The link is down: nothing moves, and libvirt gives up at `failsAt`. */
  stall: { since: number; failsAt: number } | null;
  /** How the migrate call ended; only meaningful when `step` is `ended`. */
  error: LibvirtError | null;
}

/** Memory sent, as it stood at `at`. */
export interface RamProgress {
  at: number;
  totalBytes: number;
  sentBytes: number;
  remainingBytes: number;
  iteration: number;
  iterationStartedAt: number;
}

export interface CutLink {
  hosts: [string, string];
  since: number;
  healsAt: number | null;
}

export interface DoubleRun {
  at: number;
  guest: string;
  hosts: string[];
}

/** An empty fleet at time `now`. */
export function emptyFleet(now: number, timing: Partial<Timing> = {}): FleetState {
  return {
    now,
    revision: 0,
    timing: { ...DEFAULT_TIMING, ...timing },
    hosts: {},
    jobs: [],
    nextJobId: 1,
    cutLinks: [],
    faults: [],
    firedFaults: [],
    doubleRuns: [],
  };
}

export function hostNamed(fleet: FleetState, name: string): HostState {
  const host = fleet.hosts[name];
  if (!host) throw noSuchHost(name);
  return host;
}

export function findDomain(host: HostState, guest: string): DomainState | undefined {
  return host.domains.find((domain) => domain.uuid === guest);
}

export function domainOf(host: HostState, guest: string): DomainState {
  const domain = findDomain(host, guest);
  if (!domain) throw domainNotFound(guest);
  return domain;
}

/** The job of `guest` that has not ended and that `host` takes part in. */
export function activeJob(fleet: FleetState, host: string, guest: string): MigrationJob | undefined {
  return fleet.jobs.find(
    (job) =>
      job.guest === guest &&
      job.step !== 'ended' &&
      (job.source === host || (job.target === host && job.targetCopy === 'incoming')),
  );
}

export function cutBetween(fleet: FleetState, a: string, b: string): CutLink | undefined {
  return fleet.cutLinks.find(({ hosts }) => hosts.includes(a) && hosts.includes(b) && a !== b);
}

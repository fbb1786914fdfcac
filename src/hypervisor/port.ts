/**
 * The port: all that the product asks of a hypervisor, in libvirt's terms. Two adapters implement it, `libvirt/` and
 * `simulated/`; one conformance suite (test/conformance) runs against both.
 *
 * Every call may reject with `HypervisorError`; `code`/`domain` are libvirt's numbers in both adapters.
 */
import type { GuestOnHost, HostVersions } from '../contract';

/** libvirt's error numbers that the product branches on (virterror.h; seen in the lab). Texts vary: match codes. */
export const VirErr = {
  INTERNAL_ERROR: 1,
  RPC: 39,
  SYSTEM_ERROR: 38,
  OPERATION_FAILED: 9,
  NO_DOMAIN: 42,
  OPERATION_INVALID: 55,
  NO_NODE_DEVICE: 53,
  CONFIG_UNSUPPORTED: 67,
  OPERATION_TIMEOUT: 68,
  OPERATION_ABORTED: 78,
  OPERATION_UNSUPPORTED: 84,
  DEVICE_MISSING: 99,
} as const;

/** libvirt's error domains that tell a lost connection from a refusal. */
export const VirFrom = { NONE: 0, RPC: 7, QEMU: 10, DOMAIN: 20, NODEDEV: 22 } as const;

export class HypervisorError extends Error {
  override readonly name = 'HypervisorError';
  constructor(
    message: string,
    /** virErrorNumber. */
    readonly code: number,
    /** virErrorDomain. */
    readonly domain: number,
    /** The connection is gone, or could not be opened: it is not known whether anything was done. */
    readonly connectionLost: boolean,
    /**
     * Of a migrate call that has lost its connection: until then the guest was stopped here, by the switchover, and nothing
     * had started it again. Known only to a call that has `onSourceStopped` or `onSourceEnding`.
     */
    readonly sourceStopped = false,
  ) {
    super(message);
  }
}

export interface DomainSummary {
  uuid: string;
  name: string;
  running: boolean;
  persistent: boolean;
}

export interface DomainInfo extends DomainSummary {
  autostart: boolean;
}

/**
 * `live`: what runs, without secrets. `inactive`: the persistent definition, without secrets.
 * `migratable` and `migratable-inactive`: the same two made for a target, **with** secrets (VIR_DOMAIN_XML_MIGRATABLE |
 * SECURE; the latter also INACTIVE): they go to libvirt and nowhere else.
 */
export type XmlKind = 'live' | 'inactive' | 'migratable' | 'migratable-inactive';

/** One type that a parent device offers. */
export interface MdevTypeOffer {
  /** Parent's node device name, for example `pci_0000_41_00_0` or `mtty_mtty`. */
  parent: string;
  /** Type id, for example `nvidia-471` or `mtty-2`. */
  type: string;
  /** The type's name for people, if any. */
  name: string | null;
  availableInstances: number;
}

/** A mediated device that exists (active) or is defined to be started (inactive). */
export interface MdevDevice {
  uuid: string;
  type: string;
  parent: string;
  active: boolean;
  /** Defined through libvirt/mdevctl, so it survives a reboot. */
  persistent: boolean;
  autostart: boolean;
}

export interface CreateMdev {
  uuid: string;
  type: string;
  parent: string;
  /** Define it, and have it started at boot. */
  persistent: boolean;
}

/** Job of a domain, as `virDomainGetJobStats` gives it; bytes unless named otherwise. */
export interface JobStats {
  kind: 'outgoing' | 'incoming' | 'other';
  elapsedMs: number;
  memTotal: number;
  memProcessed: number;
  memRemaining: number;
  dataProcessed: number;
  /** Pages a second. */
  dirtyRate: number;
  pageSize: number;
  iteration: number;
  memBps: number;
  /** Null before libvirt 10.6 or when there is none. */
  vfioTransferred: number | null;
  /** Milliseconds; expected during the job, final when completed. */
  downtimeMs: number | null;
}

/** A look at a job that runs: one call, for each question to QEMU's monitor is one more that a switchover may wait behind. */
export interface RunningJobStats extends JobStats {
  /** For the switchover, by the migration itself; as it was just after the figures. */
  guestStopped: boolean;
}

/** The way of the guest's memory and device state to the target. */
export interface MigrationChannel {
  /** VIR_MIGRATE_TLS: encrypted, with QEMU's certificates of both hosts, or refused. */
  tls: boolean;
  /** Name that stands in the target's certificate, if it is another than it is reached by; null = the same. */
  tlsDestination: string | null;
  /** Where the target's QEMU listens, `tcp://<address>`; null = the target's libvirt says. */
  uri: string | null;
}

/** Where the target's libvirt says, and as it is. */
export const PLAIN_CHANNEL: Readonly<MigrationChannel> = { tls: false, tlsDestination: null, uri: null };

/** What the migration itself is to be like; plain values. */
export interface MigrateSettings {
  /** libvirt URI of the target's daemon, as seen from here. */
  targetUri: string;
  /** Live XML for the target (secrets included). */
  destXml: string;
  /** Persistent XML for the target; null for a transient guest. */
  persistXml: string | null;
  maxDowntimeMs: number;
  /** MiB/s; 0 = unlimited. */
  bandwidthMiBps: number;
  /** VIR_MIGRATE_PAUSED: the target stays paused(user) until somebody resumes it. */
  startPaused: boolean;
  channel: MigrationChannel;
}

export interface MigrateRequest extends MigrateSettings {
  /** Told when the switchover has stopped the source's copy; again if libvirt lets it go on and stops it once more. May stay untold. */
  onSourceStopped?: (() => void) | undefined;
  /**
   * Told once, as soon as the source's copy, which the switchover has stopped, has been told to end: it can't run again.
   * That is before the call returns, for the call waits for that copy to be gone. It says nothing of the target: look
   * there before you act. May stay untold, also when all is well.
   */
  onSourceEnding?: (() => void) | undefined;
}

/** A connection to another host's hypervisor, opened before the migration and held through it. */
export interface PeerHypervisor {
  observe(guest: string): Promise<GuestOnHost>;
  resume(guest: string): Promise<void>;
  /**
   * Resumes a copy that is complete and only waits for it: paused(user), nothing incoming. Else false, at once and with
   * nothing done: resuming a copy that still loads would wait for libvirt's job lock.
   */
  resumeIfHeld(guest: string): Promise<boolean>;
  /** Statistics of the last finished job, which libvirt keeps on the target. */
  completedJobStats(guest: string): Promise<JobStats | undefined>;
  close(): Promise<void>;
}

export interface Hypervisor {
  versions(): Promise<HostVersions>;

  listDomains(): Promise<DomainSummary[]>;
  /** `undefined` if there is no such domain. */
  domain(guest: string): Promise<DomainInfo | undefined>;
  /** State, reason and job, in the ownership table's words. A missing domain is `absent`, not an error. */
  observe(guest: string): Promise<GuestOnHost>;
  domainXml(guest: string, kind: XmlKind): Promise<string>;
  /**
   * Why QEMU would refuse to migrate the running guest, in its own words; none if it would not. libvirt has no call for it:
   * QEMU's monitor is asked, and libvirt then counts the guest as tainted (custom-monitor) until its QEMU ends.
   */
  migrationBlockers(guest: string): Promise<string[]>;

  resume(guest: string): Promise<void>;
  /** Ends the running copy at once; its definition, if persistent, stays. */
  destroy(guest: string): Promise<void>;
  /** Removes the persistent definition; done already is success. */
  undefine(guest: string): Promise<void>;
  setAutostart(guest: string, on: boolean): Promise<void>;

  /**
   * A migration from here is likely to be asked for within the minute: what takes long to open may be opened meanwhile. Never
   * fails, and nothing has to come of it.
   */
  expectMigration(): void;
  /**
   * Peer-to-peer live migration (VIR_MIGRATE_LIVE | PEER2PEER | UNDEFINE_SOURCE and PERSIST_DEST if persistent, never
   * post-copy). Settles when libvirt's call returns; the job outlives this process if it dies.
   */
  migrate(guest: string, request: MigrateRequest): Promise<void>;
  /** The running job; `undefined` if there is none (or no such domain). */
  jobStats(guest: string): Promise<RunningJobStats | undefined>;
  /** Statistics of the last finished job, kept by libvirt on the target; `undefined` if it has none. */
  completedJobStats(guest: string): Promise<JobStats | undefined>;
  abortJob(guest: string): Promise<void>;
  setMaxDowntime(guest: string, ms: number): Promise<void>;
  setBandwidth(guest: string, mibps: number): Promise<void>;
  /**
   * A connection to a target's hypervisor, which has answered: one that was closed a moment ago may be used again, unless it
   * has to be `anew`, to see that one can be opened.
   */
  connectPeer(targetUri: string, how?: { anew: boolean }): Promise<PeerHypervisor>;

  mdevTypes(): Promise<MdevTypeOffer[]>;
  /** Active devices and defined ones. */
  listMdevs(): Promise<MdevDevice[]>;
  /** An existing UUID is refused (1/22). */
  createMdev(request: CreateMdev): Promise<void>;
  /** Stops and undefines it. Refused by libvirt while in use. A missing device is success. */
  destroyMdev(uuid: string): Promise<void>;

  close(): Promise<void>;
}

/** Input and result of `LiveMigrateVgpu`, and what its activities exchange. Plain JSON; no XML, no secret. */
import type { Command, JobOverrides } from './commands';
import type { FailedCheck } from './errors';
import type { SideObservation } from './observation';
import type { ConvergencePolicy, MigrationPolicy, SourceMdevPolicy, SwitchoverPolicy } from './policy';

/** What a client passes to `LiveMigrateVgpu`. */
export interface MigrationInput {
  /** Guest's UUID, lower case. */
  guest: string;
  /** Host id that it runs on. */
  source: string;
  /** Host id that it shall run on. */
  destination: string;
  policy?: Partial<MigrationPolicy>;
}

export type Stage = 'inspect' | 'claim' | 'migrate' | 'finalize' | 'cleanup';

export interface StageTime {
  stage: Stage;
  /** ISO 8601, the workflow's clock. */
  startedAt: string;
  ms: number;
}

/** What the job did, as libvirt counted it. `null` = libvirt did not say. */
export interface JobSummary {
  /** RAM and devices, bytes sent. */
  bytes: number | null;
  /** Bytes of VFIO device state (libvirt ≥ 10.6). */
  vfioBytes: number | null;
  /** libvirt's `downtime`, milliseconds. It does not count the fence's own part. */
  downtimeMs: number | null;
  elapsedMs: number | null;
}

/** One mediated device of the guest, by its old and its new UUID. */
export interface MovedMdev {
  type: string;
  source: string;
  target: string;
}

/** What `LiveMigrateVgpu` returns. */
export interface MigrationResult {
  guest: string;
  guestName: string;
  source: string;
  destination: string;
  runsOn: string;
  mdevs: MovedMdev[];
  switchover: SwitchoverPolicy;
  /** An abort was asked for when there was no way back any more. */
  abortWasTooLate: boolean;
  stages: StageTime[];
  job: JobSummary | null;
  /** Things that an operator should know although the migration succeeded. */
  warnings: string[];
}

/** Who asks: every activity of a migration carries it, so that claims and logs name their owner. */
export interface MigrationRef {
  /** Workflow id. */
  workflow: string;
  /** First run's id: stays the same when a run is reset. */
  run: string;
  guest: string;
  /** Lowest agent protocol that the caller can work with. */
  requiredProtocol: number;
}

export interface HostVersions {
  /** libvirt's number: major * 1 000 000 + minor * 1 000 + release. */
  libvirt: number;
  /** QEMU's number, coded alike. */
  qemu: number;
  /** Linux release as `uname -r` gives it. */
  kernel: string;
}

/** Stands for the type of a device that the source does not know; such a guest is refused. */
export const UNKNOWN_TYPE = 'unknown';

export interface MdevUse {
  uuid: string;
  /** mdev type id, for example `nvidia-471`; null when the device is not known to the host. */
  type: string | null;
}

/** What the source says of the guest and of itself. */
export interface SourceFacts {
  host: string;
  protocol: number;
  versions: HostVersions;
  guestName: string;
  persistent: boolean;
  autostart: boolean;
  /** The guest was paused by its user: it is moved, and stays paused. */
  pausedByUser: boolean;
  /** In the order of the XML. */
  mdevs: MdevUse[];
  /** SHA-256 of the guest's XML without secrets; the migrate step refuses another one. */
  xmlDigest: string;
  /** Checks that failed on the source; empty = go. */
  failed: FailedCheck[];
  /** What the source's configuration says of the guest's vGPU types; absent from agents of protocol 1. */
  profile?: Partial<ConvergencePolicy> | null;
  /** Framebuffer of all its vGPUs, as far as the configuration tells; absent from agents of protocol 1. */
  framebufferMiB?: number;
  /**
   * The namespace has all search attributes. The source's agent tells, so that it stands in the history without a marker:
   * an orchestrator of the version before could not read that. Absent from agents that do not ask.
   */
  searchable?: boolean;
  /** How the destination is reached; absent from older agents, and where it is no configured peer. */
  way?: WayToPeer;
  /** QEMU was asked what it would refuse (the agent's `askQemu`). Absent: the guest does not run, or the agent is of a version that does not tell. */
  qemuAsked?: boolean;
}

/** By the source's configuration, which alone decides it. */
export interface WayToPeer {
  /** Transport of the connection to its libvirt: `tls`, `ssh`, `tcp`. */
  libvirt: string;
  /** The guest's memory and vGPU state. */
  memory: 'tls' | 'plain';
}

/** source mdev UUID and its claimed target, in the order of the guest's XML. */
export interface ClaimedMdev {
  type: string;
  source: string;
  target: string;
  parent: string;
  /** True if we created the target device for this claim. */
  created: boolean;
}

export interface Claim {
  /** Fences the release: only who names it can free the devices. Empty for a guest without mdevs. */
  claimId: string;
  host: string;
  mdevs: ClaimedMdev[];
  /** The destination agent's; absent from agents of protocol 1. */
  protocol?: number;
  /** Through its peer's configuration the destination has seen the guest on the source. */
  seesGuestOnSource?: boolean;
}

export interface InspectInput {
  migration: MigrationRef;
  destination: string;
}

export interface ClaimInput {
  migration: MigrationRef;
  /** `types[i]` of `sources[i]`; in the order of the guest's XML. */
  requests: { source: string; type: string }[];
  /** New devices are made persistent (defined and started at boot) for a persistent guest. */
  persistent: boolean;
  /** Failures that the source has found already: nothing is claimed, the destination only adds its own. */
  sourceFailed: FailedCheck[];
  /** Host id of the source: the destination tries whether it sees the guest there. */
  source?: string;
}

export interface MigrateInput {
  migration: MigrationRef;
  destination: string;
  policy: MigrationPolicy;
  mdevs: { source: string; target: string }[];
  xmlDigest: string;
  persistent: boolean;
  pausedByUser: boolean;
  /** Counts beside the RAM for the policy's times. */
  framebufferMiB?: number;
  /** What commands have set so far; outranks the policy. */
  overrides?: JobOverrides;
  /** The job is known to have been started: adopt it or say how it ended, never start another. */
  attach: boolean;
}

export interface MigrateOutcome {
  job: JobSummary | null;
  /** This attempt found a job in flight, or one that had ended, instead of starting it. */
  adopted: boolean;
  /** The guest's user paused it while it moved: it stays paused. */
  pausedByUser: boolean;
  /** What the policy changed of the job while the agent that saw its end had it; the last of them, if they were many. Commands stand in the history themselves. */
  decisions?: JobDecision[];
}

/** The maximum downtime that a job was given while it ran. */
export interface JobDecision {
  /** libvirt's time of the job, in milliseconds. */
  atMs: number;
  maxDowntimeMs: number;
  /** Why completion was forced, in words; absent: a step of the policy. */
  forced?: string;
}

export interface FinalizeInput {
  migration: MigrationRef;
  claimId: string;
  /** Target UUIDs that the guest must be running on. */
  mdevs: string[];
  persistent: boolean;
  autostart: boolean;
  pausedByUser: boolean;
}

export interface CleanUpInput {
  migration: MigrationRef;
  /** Devices that the guest has left. */
  mdevs: string[];
  policy: SourceMdevPolicy;
}

export interface ReleaseInput {
  migration: MigrationRef;
  /** Absent if the claim's answer never arrived: then all of this migration's records are meant. */
  claimId?: string | undefined;
  /** A migrate was tried: existing devices that we claimed are recycled before they are handed on. */
  recycle: boolean;
  /** What libvirt said when it refused to begin: a device that it names is set aside. */
  refusal?: string | undefined;
}

/** Longest refusal that an agent takes, in characters. */
export const REFUSAL_MOST = 2_000;

/** What heartbeats of the migrate step carry: shown live under "Pending Activities". */
export interface JobProgress {
  phase: 'starting' | 'pre-copy' | 'switchover' | 'resuming' | 'adopting';
  elapsedMs: number;
  bytesSent: number;
  bytesRemaining: number;
  bytesTotal: number;
  vfioBytes: number | null;
  dirtyPagesPerSec: number;
  iteration: number;
  mibPerSec: number;
  /** Maximum downtime that QEMU may plan for now; absent from agents of protocol 1. */
  maxDowntimeMs?: number;
  /** Downtime that QEMU expects now; null = it does not say. */
  expectedDowntimeMs?: number | null;
}

/** A job's figures as the workflow was told them. Fresher ones are in the pending activity's heartbeat details. */
export interface ReportedProgress extends JobProgress {
  /** ISO 8601. */
  at: string;
}

/** Name of the signal by which the source's agent tells the workflow a job's figures, at growing intervals. */
export const JOB_PROGRESS_SIGNAL = 'jobProgress';

/** Why a person is needed. Nothing is touched meanwhile; what was seen is here. */
export interface Attention {
  kind: 'split-brain' | 'unknown-owner';
  why: string;
  source: SideObservation;
  destination: SideObservation;
  /** ISO 8601. */
  since: string;
}

/** Answer of the workflow's `progress` query. */
export interface MigrationProgress {
  stage: Stage | 'undoing' | 'done';
  /** What the workflow waits for, in words; null when it is simply at work. */
  waitingFor: string | null;
  stages: StageTime[];
  /** Commands that would be accepted now. */
  allowed: Command[];
  abortRequested: boolean;
  /** What counts for this migration; null until the source has been inspected. */
  policy: MigrationPolicy | null;
  /** What commands have set. */
  overrides: JobOverrides;
  /** The job's figures when the workflow was last told; null outside the migrate step. */
  job: ReportedProgress | null;
  attention: Attention | null;
}

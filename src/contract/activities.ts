/** The activities that the workflow calls; each runs on the host whose queue it is scheduled on. */
import type { JobCommand, JobCommandOutcome } from './commands';
import type { CheckDestinationInput, DestinationFacts } from './dry-run';
import type { HostInventory } from './inventory';
import type {
  Claim,
  ClaimInput,
  CleanUpInput,
  FinalizeInput,
  InspectInput,
  MigrateInput,
  MigrateOutcome,
  MigrationRef,
  ReleaseInput,
  SourceFacts,
} from './migration';
import type { ActInput, GuestOnHost, ObserveInput, WatchInput } from './observation';
import type { ReconcileInput, ReconcileReport } from './reconcile';

export interface SourceActivities {
  /** Versions, guest state, mdev types in XML order; failed checks are returned, not thrown. */
  inspectSource(input: InspectInput): Promise<SourceFacts>;
  /** Starts the job, or adopts the one in flight, and supervises it to its end. */
  migrateGuest(input: MigrateInput): Promise<MigrateOutcome>;
  /** The definition is gone, the source's devices handled by policy. Returns warnings. */
  cleanUpSource(input: CleanUpInput): Promise<string[]>;
  /** Acts on the job in flight at once, beside its supervision. Protocol 2. */
  controlJob(input: JobControlInput): Promise<JobCommandOutcome>;
}

export type JobControlInput = { migration: MigrationRef } & JobCommand;

export interface DestinationActivities {
  /** The same checks, and which devices would be claimed. Touches nothing. Protocol 3. */
  checkDestination(input: CheckDestinationInput): Promise<DestinationFacts>;
  /** All checks of the destination; then chooses or creates, and records, one mdev a request. */
  claimOnDestination(input: ClaimInput): Promise<Claim>;
  /** The guest runs here on exactly the claimed mdevs; the claim is consumed. Returns warnings. */
  finalizeOnDestination(input: FinalizeInput): Promise<string[]>;
  /** Undoes a claim, verified; idempotent. Returns warnings. */
  releaseClaim(input: ReleaseInput): Promise<string[]>;
}

/** On both hosts: what the compensation works with. */
export interface GuestActivities {
  observeGuest(input: ObserveInput): Promise<GuestOnHost>;
  /** Looks again, refuses if `expect` no longer holds, acts, and returns what it then sees. */
  actOnGuest(input: ActInput): Promise<GuestOnHost>;
  /** Returns when the guest is seen to be other than `seen`; heartbeats meanwhile. Protocol 2. */
  watchGuest(input: WatchInput): Promise<GuestOnHost>;
}

/** For the CLI: guests by name, liveness. */
export interface DirectoryActivities {
  /** Guests of this host whose name or UUID is `guest`. */
  findGuest(input: { guest: string }): Promise<{ uuid: string; name: string }[]>;
  /** Touches nothing. Protocol 3. */
  describeHost(): Promise<HostInventory>;
}

/** Of the host alone: what migrations that are over have left. Protocol 2. */
export interface ReconcileActivities {
  reconcileHost(input: ReconcileInput): Promise<ReconcileReport>;
}

export type HostActivities = SourceActivities &
  DestinationActivities &
  GuestActivities &
  DirectoryActivities &
  ReconcileActivities;

/** Local activities of the orchestrator itself; they touch no host. */
export interface OrchestratorActivities {
  /** The namespace has the search attribute that tells of migrations which need a person. */
  attentionAttributeExists(): Promise<boolean>;
}

/** Error types, as they stand in `ApplicationFailure.type`: what a program may branch on. Texts are for people. */
export const ErrorType = {
  /** The workflow's input is malformed: a field is missing, unknown, or not of its form. */
  InvalidInput: 'InvalidMigrationInput',
  /** No domain with that UUID on the source. */
  GuestNotFound: 'GuestNotFound',
  /** One or more checks failed before anything moved; `details[0]` is `FailedCheck[]`. */
  PreCheck: 'MigrationPreCheckError',
  /** No agent answered on that host's queue within the limit. */
  AgentUnreachable: 'HostAgentUnreachable',
  /** The agent answered, but its hypervisor did not (daemon away, connection lost). */
  HypervisorUnavailable: 'HypervisorUnavailable',
  /** The guest's devices in its XML are not those that were inspected or claimed. */
  GuestChanged: 'GuestChangedDuringMigration',
  /** The target's XML could not be made, or would change more than the mdev UUIDs. */
  XmlRewrite: 'DomainXmlRewriteRefused',
  /** libvirt or QEMU ended the job with an error; the guest runs on the source. */
  MigrationFailed: 'MigrationFailed',
  /** The hosts' certificates, or settings of TLS, did not let the migration begin; the guest runs on the source. */
  Tls: 'MigrationTlsFailed',
  /** Ended because somebody asked for it; the guest runs on the source. */
  Aborted: 'MigrationAborted',
  /** The job did not converge within the policy's limits, and was ended; the guest runs on the source. */
  TimedOut: 'MigrationTimedOut',
  /** A command is not legal now; the message says why. */
  CommandRefused: 'CommandRefused',
  /** The guest stopped on both hosts while it was moving (its user shut it down, or it crashed). */
  GuestEnded: 'GuestEndedDuringMigration',
  /** The migrate call's error does not say who owns the guest: both hosts have to be looked at. */
  OutcomeUnknown: 'MigrationOutcomeUnknown',
  /** A state that an act was decided on has changed; nothing was done, look again. */
  StateChanged: 'ObservedStateChanged',
  /** A mediated device could not be created, removed or recycled. */
  Mdev: 'MdevOperationFailed',
  /** A claim is held by another migration, or the release named a claim that is not this one. */
  ClaimConflict: 'ClaimConflict',
  /** The agent's record of claims cannot be written: its disk is full, read-only, failing, or not the agent's. */
  LedgerUnwritable: 'LedgerUnwritable',
  /** Another migration's job of that guest is under way. */
  GuestBusy: 'GuestBusy',
  /** Undoing failed for good; a person has to look. */
  UndoFailed: 'UndoFailed',
  /** After the switchover the destination does not hold the guest as claimed. */
  FinalizeFailed: 'FinalizeFailed',
  /** What was sent is encrypted, and the process that got it has not the key, or another one under that id. */
  PayloadUnreadable: 'PayloadUnreadable',
} as const;

export type ErrorType = (typeof ErrorType)[keyof typeof ErrorType];

/** For counting: one of ours, or `other`, since a label must not take whatever text there is. */
export function causeOf(type: string | undefined): ErrorType | 'other' {
  return ERROR_TYPES.find((known) => known === type) ?? 'other';
}

export const ERROR_TYPES: readonly ErrorType[] = Object.values(ErrorType);

/** One check that failed before anything moved. */
export interface FailedCheck {
  /** Short stable name of the check, for example `libvirt-version`. */
  check: string;
  /** Host id that it was made on. */
  host: string;
  /** What was found there, in words. */
  found: string;
  /** What was required, in words. */
  required: string;
  /** What the operator can do about it. */
  fix: string;
}

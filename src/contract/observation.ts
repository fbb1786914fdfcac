/** What a host says about a guest, in the words that the ownership table is written in. */
import type { MigrationRef } from './migration';

/** Why a domain is in its state, as far as the table cares. Anything else is `other`. */
export type StateReason =
  | 'booted'
  | 'unpaused'
  | 'migrated'
  | 'migration-cancelled'
  | 'migration'
  | 'user'
  | 'starting'
  | 'shutdown'
  | 'destroyed'
  | 'crashed'
  | 'failed'
  | 'saved'
  /** Shut off: libvirt's daemon ended it when it was started again, or found it gone and does not know why. */
  | 'daemon'
  | 'other';

export type JobKind = 'none' | 'outgoing' | 'incoming' | 'other';

/** A guest on a host that answered. `absent` is a fact, not a guess. */
export type GuestOnHost =
  | { state: 'absent' }
  | { state: 'shut-off'; reason: StateReason; persistent: boolean }
  | { state: 'running' | 'paused'; reason: StateReason; job: JobKind; persistent: boolean };

/** One side as the workflow sees it. */
export type SideObservation = { state: 'unreachable'; why: string } | GuestOnHost;

/** What the workflow may ask a host to do to a guest. Each looks again first and refuses if `expect` no longer holds. */
export type GuestAct = 'resume' | 'destroy' | 'undefine' | 'abort-job';

export interface ObserveInput {
  migration: MigrationRef;
  /** Look on this configured peer's hypervisor instead of here: its own agent does not answer. Protocol 2. */
  on?: string;
}

export interface ActInput {
  migration: MigrationRef;
  act: GuestAct;
  /** The state that the act was decided on. */
  expect: GuestOnHost;
  /** A person has said which copy is the guest: then `destroy` ends a running one too. */
  byOperator?: boolean;
  /** On this configured peer's hypervisor; for `resume` of a copy that is held only. */
  on?: string;
}

export interface WatchInput {
  migration: MigrationRef;
  /** What was seen last; `unreachable` = any answer is news. */
  seen: SideObservation;
  on?: string;
}

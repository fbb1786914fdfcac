/** What the ledger's operations take, and what they answer. */
import type { ClaimedMdev } from '../contract';
import type { ClaimRecord } from './record';
import type { LedgerState, QuarantinedDevice } from './store';

/** Whose claim it is: workflow id and first run id. */
export interface ClaimOwner {
  workflow: string;
  run: string;
}

/** A device of the guest on its source, for which one is claimed here. */
export interface MdevRequest {
  source: string;
  type: string;
}

/** Chooses a device for each of `missing`; runs under the lock, may ask the hypervisor, and may throw: then nothing is claimed. */
export type Choose = (
  state: LedgerState,
  missing: readonly MdevRequest[],
) => ClaimedMdev[] | Promise<ClaimedMdev[]>;

/** What became of a device that was to be undone. */
export type UndoOutcome = { done: true } | { done: false; quarantine: string };

export interface ClaimAnswer {
  /** Empty if there was nothing to claim. */
  claimId: string;
  /** One for each request, in its order. */
  records: ClaimRecord[];
  damaged: QuarantinedDevice[];
}

export interface ReleaseAnswer {
  freed: ClaimRecord[];
  quarantined: ClaimRecord[];
}

/** Narrows a step to one of a claim's devices. */
export interface OneDevice {
  target: string;
  /** A last look, under the lock; if it throws, the record stays. */
  check(record: ClaimRecord): Promise<void>;
}

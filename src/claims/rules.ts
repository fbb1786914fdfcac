/** The ledger's decisions on records that it has read: whose they are, and which claims are refused. Nothing is read or written here. */
import type { ClaimedMdev } from '../contract';
import type { ClaimOwner, MdevRequest } from './operations';
import { ClaimConflictError } from './errors';
import type { ClaimRecord } from './record';
import type { LedgerState } from './store';

export function isHeldBy(record: ClaimRecord, owner: ClaimOwner): boolean {
  return record.migration.workflow === owner.workflow && record.migration.run === owner.run;
}

export function inOrderOf(requests: readonly MdevRequest[], records: ClaimRecord[]): ClaimRecord[] {
  return requests.flatMap((request) => records.filter((record) => record.source === request.source));
}

/** What a migration holds is for the devices that it asks for now, each once. */
export function refuseOtherRequests(
  host: string,
  held: ClaimRecord[],
  requests: readonly MdevRequest[],
): void {
  const sources = new Set(requests.map((request) => request.source));
  if (sources.size !== requests.length)
    throw new ClaimConflictError(`${host}: one source device is requested twice; required: each once.`);
  const other = held.find(
    (record) => !requests.some((request) => request.source === record.source && request.type === record.type),
  );
  if (!other) return;
  throw new ClaimConflictError(
    `${host}: ${other.migration.workflow} already holds ${other.target} (${other.type}) for source device ${other.source}, ` +
      'which is not among the devices requested now. Release that claim first.',
  );
}

/** The last line of defence: whatever the choice was made from, no device is recorded that is not free. */
export function refuseBadChoice(
  host: string,
  chosen: ClaimedMdev[],
  missing: MdevRequest[],
  state: LedgerState,
): void {
  const answers = (request: MdevRequest): boolean =>
    chosen.filter((mdev) => mdev.source === request.source && mdev.type === request.type).length === 1;
  if (chosen.length !== missing.length || !missing.every(answers)) {
    throw new ClaimConflictError(
      `${host}: ${chosen.length} devices were chosen for ${missing.length} requests; required: one of its type for each.`,
    );
  }
  const taken = new Set([
    ...state.claims.map((record) => record.target),
    ...state.quarantined.map((device) => device.uuid),
  ]);
  for (const { target } of chosen) {
    if (taken.has(target))
      throw new ClaimConflictError(
        `${host}: device ${target} was chosen, but is claimed or quarantined; required: a free one.`,
      );
    taken.add(target);
  }
}

/** What the ledger refuses, by type. */

/** A claim is not as the caller believes: gone, of other devices, or of a device that is not free. */
export class ClaimConflictError extends Error {
  override readonly name = 'ClaimConflictError';
}

/** Another holder kept the ledger's lock for longer than a caller waits. Nothing was done; try again. */
export class LedgerBusyError extends Error {
  override readonly name = 'LedgerBusyError';
}

/** The disk of the ledger is full, read-only, failing, or not ours. Nothing is half done; once that is mended, the same goes on. */
export class LedgerDiskError extends Error {
  override readonly name = 'LedgerDiskError';
}

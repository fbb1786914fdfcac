/** Errors of the command line itself. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A file that the command line names cannot be written. */
export class UnwritableFileError extends Error {
  override readonly name = 'UnwritableFileError';
}

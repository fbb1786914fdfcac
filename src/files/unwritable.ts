/** A file that was named by a person and cannot be written: told with what the system said, and what to do. */

/** By error code of the system. */
const MENDS: Readonly<Record<string, string>> = {
  ENOENT: 'Make its folder first (mkdir -p), or name another file.',
  ENOTDIR: 'A part of that path is a file: name another one.',
  EEXIST: 'A part of that path is a file: name another one.',
  EISDIR: 'That is a folder: name a file in it.',
  EACCES: 'Name a file that you may write.',
  EPERM: 'Name a file that you may write.',
  EROFS: 'That disk is read-only: name a file on another one.',
  ENOSPC: 'Make room on that disk, or name a file on another one.',
  EDQUOT: 'Make room on that disk, or name a file on another one.',
};

export interface Unwritable {
  found: string;
  fix: string;
}

/** Null: not the system's word on a file, so a fault of ours. */
export function unwritable(error: unknown): Unwritable | null {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return null;
  return { found: `it cannot be written (${message})`, fix: MENDS[code ?? ''] ?? 'Name another file.' };
}

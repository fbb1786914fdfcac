/** Files that survive a power cut: what the ledger asks of a file system, and the two orders of calls that make it so. */
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file's new content, in memory so far. */
export interface Written {
  /** fsync(2), and the end of it: to be called once. */
  sync(): Promise<void>;
}

/** Single steps, so that a test can cut the power between any two of them. */
export interface Disk {
  /** With its parents; existing is success. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory. */
  list(path: string): Promise<string[]>;
  /** Of a longer file than any record the beginning, one byte more than a record may have. */
  read(path: string): Promise<string>;
  /** Creates or replaces; not durable before its `sync`. */
  write(path: string, text: string): Promise<Written>;
  /** fsync(2) of a directory's names. */
  sync(directory: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A missing file is success. */
  remove(path: string): Promise<void>;
}

/** A record has less than a kilobyte; what is longer is none, and is not read into memory. */
export const MOST_RECORD_BYTES = 64 * 1024;

/** Nearly all are shorter; the rest of a longer one is read after it. */
const USUAL_RECORD_BYTES = 4 * 1024;

/** Ends the name of a file that is being written. */
export const TEMPORARY = '.tmp';

/** After this, the file is there in whole, also after a power cut; before, the old one (or none) is. */
export async function writeDurably(disk: Disk, path: string, text: string): Promise<void> {
  try {
    const written = await disk.write(path + TEMPORARY, text);
    // Before the rename: else the name may survive without the content.
    await written.sync();
    await moveDurably(disk, path + TEMPORARY, path);
  } catch (error) {
    // a full disk has no room for it either; after the rename it is not there any more
    await disk.remove(path + TEMPORARY).catch(() => undefined);
    throw error;
  }
}

/**
 * Within one directory, or into another of the same file system. Between two, a power cut may bring the old name back:
 * only for callers that would then move it again.
 */
export async function moveDurably(disk: Disk, from: string, to: string): Promise<void> {
  await disk.rename(from, to);
  await disk.sync(dirname(to));
}

export async function removeDurably(disk: Disk, path: string): Promise<void> {
  await disk.remove(path);
  await disk.sync(dirname(path));
}

/** We write no links and no pipes: a link is not followed, and a pipe not waited for. */
const ONLY_A_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The host's own file system. */
export const hostDisk: Disk = {
  async makeDirectory(path) {
    // Nobody else writes here: who could forge a record could have devices destroyed.
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  list: (path) => readdir(path),
  async read(path) {
    const file = await open(path, ONLY_A_FILE);
    try {
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(USUAL_RECORD_BYTES) });
      if (bytesRead < USUAL_RECORD_BYTES) return buffer.toString('utf8', 0, bytesRead);
      const left = Buffer.alloc(MOST_RECORD_BYTES + 1 - USUAL_RECORD_BYTES);
      const rest = await file.read({ buffer: left, position: USUAL_RECORD_BYTES });
      return Buffer.concat([buffer, left.subarray(0, rest.bytesRead)]).toString('utf8');
    } finally {
      await file.close();
    }
  },
  async write(path, text) {
    const file = await open(path, 'w', 0o600);
    try {
      await file.writeFile(text);
    } catch (error) {
      await file.close();
      throw error;
    }
    return { sync: () => flushed(file) };
  },
  sync: async (directory) => flushed(await open(directory, 'r')),
  rename: (from, to) => rename(from, to),
  async remove(path) {
    try {
      await unlink(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  },
};

async function flushed(file: FileHandle): Promise<void> {
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

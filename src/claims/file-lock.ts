/**
 * One holder at a time of a lock file, across the processes of a host and within each. Node has no file locks, and a
 * lock that is a file's mere existence outlives a crashed holder; flock(2) is released by the kernel when the process
 * ends, however it ends. Hence this one call through koffi.
 *
 * The lock file is never removed: two processes could then lock two different files of one name. It must be on a local disk.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { koffi } from '../koffi';
import { LedgerBusyError } from './errors';

/** flock(2): the same numbers on Linux and macOS. */
const LOCK_EX = 2;
const LOCK_NB = 4;

/** A blocking flock would hold one of libuv's few threads and could not be given up, so it is asked for again. */
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

// null = the symbols of this very process, which is linked with the C library: no library name, so no platform.
const flock = koffi.load(null).func('int flock(int fd, int operation)') as (
  fd: number,
  operation: number,
) => number;

export class FileLock {
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly waitMs: number,
    private readonly host: string,
  ) {}

  /** Runs `act` alone. Not re-entrant: `act` must not ask for the lock again. */
  async run<T>(act: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + this.waitMs;
    const { before, done } = this.enqueue();
    try {
      await this.turn(before, deadline);
      const file = await this.acquire(deadline);
      try {
        return await act();
      } finally {
        // Closing the only descriptor gives the lock back.
        await file.close();
      }
    } finally {
      done();
    }
  }

  /** Callers of this process take their turns in order; flock alone knows no order. */
  private enqueue(): { before: Promise<void>; done: () => void } {
    const before = this.queue;
    let done = (): void => undefined;
    const mine = new Promise<void>((resolve) => (done = resolve));
    this.queue = before.then(() => mine);
    return { before, done };
  }

  private async turn(before: Promise<void>, deadline: number): Promise<void> {
    const giveUp = new AbortController();
    const tooLate = delay(Math.max(0, deadline - Date.now()), undefined, { signal: giveUp.signal }).then(
      () => {
        throw this.busy();
      },
    );
    // Its rejection when it is given up is of no interest.
    tooLate.catch(() => undefined);
    try {
      await Promise.race([before, tooLate]);
    } finally {
      giveUp.abort();
    }
  }

  private async acquire(deadline: number): Promise<FileHandle> {
    // Node opens with O_CLOEXEC, so no child process inherits the lock.
    const file = await open(this.path, 'a', 0o600);
    try {
      await this.lock(file.fd, deadline);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private async lock(fd: number, deadline: number): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.tryLock(fd); pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      if (Date.now() >= deadline) throw this.busy();
      await delay(pauseMs);
    }
  }

  private tryLock(fd: number): boolean {
    if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
    const errno = koffi.errno();
    if (errno === koffi.os.errno.EWOULDBLOCK || errno === koffi.os.errno.EINTR) return false;
    throw new Error(
      `${this.host}: cannot lock ${this.path}: flock failed with errno ${errno}; required: a local file system with flock(2).`,
    );
  }

  private busy(): LedgerBusyError {
    return new LedgerBusyError(
      `${this.host}: ${this.path} was held by another for ${this.waitMs} ms. Nothing was done; try again, and see which process has it open if this goes on.`,
    );
  }
}

/**
 * One holder at a time of a lock file, across the processes of a host and within each. Node has no file locks, and a
 * lock that is a file's mere existence outlives a crashed holder; flock(2) is released by the kernel when the process
 * ends, however it ends. Hence this one call through koffi.
 *
 * The lock file is never removed by us: two processes could then lock two different files of one name. It must be on a local
 * disk. It stays open for a moment after each use: what uses it once uses it again soon, and opening and closing it cost as
 * much as all else that a lock costs.
 */
import { close, fstatSync, open, statSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { koffi } from '../koffi';
import { LedgerBusyError } from './errors';

/** flock(2): the same numbers on Linux and macOS. */
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

/** A blocking flock would hold one of libuv's few threads and could not be given up, so it is asked for again. */
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

// null = the symbols of this very process, which is linked with the C library: no library name, so no platform.
const flock = koffi.load(null).func('int flock(int fd, int operation)') as (
  fd: number,
  operation: number,
) => number;

/** Not a `FileHandle`, which is closed, with a warning, when nothing refers to it any more. */
type Descriptor = number;
/** O_CLOEXEC is Node's own, so no child process inherits the lock. */
const opened = promisify(open);
const CLOSED_AFTER_MS = 1_000;

/** Not if it was removed, or another put in its place. */
function isAt(path: string, fd: Descriptor): boolean {
  const [there, ours] = [statSync(path, { throwIfNoEntry: false }), fstatSync(fd)];
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

export class FileLock {
  /** Settles when the last of those who came before is done; undefined: there is nobody. */
  private queue: Promise<void> | undefined;
  private file: Descriptor | undefined;
  private idle: NodeJS.Timeout | undefined;

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
      if (before) await this.turn(before, deadline);
      const file = await this.acquire(deadline);
      try {
        return await act();
      } finally {
        this.unlock(file);
      }
    } finally {
      done();
    }
  }

  /** Callers of this process take their turns in order; flock alone knows no order. */
  private enqueue(): { before: Promise<void> | undefined; done: () => void } {
    const before = this.queue;
    let done = (): void => undefined;
    const mine = new Promise<void>((resolve) => (done = resolve));
    // who gives up is done before those who came before him
    const all = before === undefined ? mine : before.then(() => mine);
    this.queue = all;
    void all.then(() => {
      if (this.queue === all) this.queue = undefined;
    });
    return { before, done };
  }

  private turn(before: Promise<void>, deadline: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const tooLate = setTimeout(() => reject(this.busy()), Math.max(0, deadline - Date.now()));
      void before.then(() => {
        clearTimeout(tooLate);
        resolve();
      });
    });
  }

  /** One that is not at its place any more locks nobody out: then the one that is there now. */
  private async acquire(deadline: number): Promise<Descriptor> {
    clearTimeout(this.idle);
    try {
      for (;;) {
        const file = await this.open();
        await this.lock(file, deadline);
        if (isAt(this.path, file)) return file;
        this.close();
        if (Date.now() >= deadline) throw this.busy();
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Lets others of this process do something in between: who locks again and again would keep it to himself otherwise. */
  private async open(): Promise<Descriptor> {
    if (this.file === undefined) this.file = await opened(this.path, 'a', 0o600);
    else await nextTurn();
    return this.file;
  }

  private close(): void {
    const { file } = this;
    this.file = undefined;
    if (file !== undefined) close(file, () => undefined); // it is gone either way
  }

  private async lock(fd: Descriptor, deadline: number): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.tryLock(fd); pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      if (Date.now() >= deadline) throw this.busy();
      await delay(pauseMs);
    }
  }

  private tryLock(fd: Descriptor): boolean {
    if (flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
    const errno = koffi.errno();
    if (errno === koffi.os.errno.EWOULDBLOCK || errno === koffi.os.errno.EINTR) return false;
    throw this.failed(errno);
  }

  private unlock(fd: Descriptor): void {
    if (flock(fd, LOCK_UN) !== 0)
      this.close(); // which gives it back too
    else this.idle = setTimeout(() => this.close(), CLOSED_AFTER_MS).unref();
  }

  private failed(errno: number): Error {
    return new Error(
      `${this.host}: cannot lock ${this.path}: flock failed with errno ${errno}; required: a local file system with flock(2).`,
    );
  }

  private busy(): LedgerBusyError {
    return new LedgerBusyError(
      `${this.host}: ${this.path} was held by another for ${this.waitMs} ms. Nothing was done; try again, and see which process has it open if this goes on.`,
    );
  }
}

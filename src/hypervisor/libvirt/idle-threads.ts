/** Threads between two connections: starting one takes longer than a connection needs to open, on a slow host by far. */
import type { Worker } from 'node:worker_threads';

import { startThread } from './start-thread';
import type { ToThread } from './thread-messages';

/** As many as one migration needs: for its call, and for its peer. Each takes 10 MB. */
const KEPT_MOST = 2;

/** A guest's migration takes minutes, and the next guest of a host that is being emptied follows. */
const KEEP_MS = 600_000;

export class IdleThreads {
  /** With what makes it be forgotten. */
  readonly #kept = new Map<Worker, () => void>();
  /** Of those that were told to end. */
  readonly #ends = new Set<Promise<void>>();
  #closed = false;

  /** The one that was used last, or a new one. */
  take(): Worker {
    const [last] = [...this.#kept.keys()].slice(-1);
    if (last === undefined) return startThread('thread', null);
    this.#kept.get(last)!();
    return last;
  }

  /** Of one that has closed its connection, and that nobody listens to any more. */
  giveBack(thread: Worker): void {
    thread.unref();
    if (this.#closed || this.#kept.size >= KEPT_MOST) return this.#end(thread);
    const ending = setTimeout(() => {
      forget();
      this.#end(thread);
    }, KEEP_MS);
    ending.unref();
    const forget = (): void => {
      clearTimeout(ending);
      this.#kept.delete(thread);
      thread.off('error', forget).off('exit', forget);
    };
    thread.on('error', forget).on('exit', forget);
    this.#kept.set(thread, forget);
  }

  /** Settles when all of them have ended. Those that are given back later end then. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const [thread, forget] of this.#kept) {
      forget();
      this.#end(thread);
    }
    await Promise.all(this.#ends);
  }

  #end(thread: Worker): void {
    const ended = new Promise<void>((resolve) => {
      thread.once('exit', () => resolve());
      thread.on('error', () => resolve()); // nobody waits for what it would have done
    });
    this.#ends.add(ended);
    void ended.then(() => this.#ends.delete(ended));
    if (this.#closed) thread.ref();
    thread.postMessage('end' satisfies ToThread);
  }
}

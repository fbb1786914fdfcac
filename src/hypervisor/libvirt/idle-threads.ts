/** Threads between two connections: starting one takes longer than a connection needs to open, on a slow host by far. */
import { once } from 'node:events';
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
    if (this.#closed || this.#kept.size >= KEPT_MOST) return end(thread);
    const ending = setTimeout(() => {
      forget();
      end(thread);
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

  /** Those that are given back later end then. */
  async close(): Promise<void> {
    this.#closed = true;
    const ended = [...this.#kept].map(([thread, forget]) => {
      forget();
      const exit = once(thread, 'exit');
      thread.ref();
      end(thread);
      return exit;
    });
    await Promise.all(ended);
  }
}

function end(thread: Worker): void {
  thread.postMessage('end' satisfies ToThread);
}

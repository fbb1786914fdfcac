/** The owner's side of a connection's thread: sends calls, settles their promises, notices a thread that hangs or dies. */
import type { Worker } from 'node:worker_threads';

import { HypervisorError } from '../port';
import { VIR_ERR_RPC, VIR_FROM_RPC } from './constants';
import type { IdleThreads } from './idle-threads';
import type { ArgumentsOf, OperationName, ResultOf } from './operations';
import type { SessionOptions } from './session';
import type { Answer, Call, FromThread, ToThread } from './thread-messages';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export interface ThreadOptions extends SessionOptions {
  /** Longest that calls may wait without any being answered; null = as long as it takes. */
  silenceLimitMs: number | null;
  /** The same while a connection is being opened: a daemon that hangs, or a host that is gone, would take minutes. */
  openLimitMs: number;
  /** Where its thread comes from, and goes to. */
  threads: IdleThreads;
}

export class NativeThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  /** Settles when the connection is closed, its thread has ended, or is waited for no longer. */
  readonly #ended: Promise<void>;
  #end: () => void = () => undefined;
  #calls = 0;
  #silence: NodeJS.Timeout | undefined;
  #usable = true;
  #opening = false;

  constructor(private readonly options: ThreadOptions) {
    const { uri, keepAliveSeconds, threads } = options;
    this.#worker = threads.take();
    // Only a call in progress keeps the process alive.
    this.#worker.unref();
    this.#worker.on('message', this.#receive);
    this.#worker.on('error', this.#failed);
    this.#worker.on('exit', this.#exited);
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#say({ use: { uri, keepAliveSeconds } });
  }

  /** False once the thread has hung, died or been closed: take a new one. */
  get usable(): boolean {
    return this.#usable;
  }

  call<Name extends OperationName>(name: Name, ...args: ArgumentsOf<Name>): Promise<ResultOf<Name>> {
    return this.#post({ name, args });
  }

  /** Its connection is closed, and opened again: faster than another thread. Settles when the daemon has answered. */
  async reopen(): Promise<void> {
    await this.#post({ name: 'versions', args: [], anew: true });
  }

  #post<Name extends OperationName>(call: Omit<Call, 'id'> & { name: Name }): Promise<ResultOf<Name>> {
    if (!this.#usable) return Promise.reject(this.#lost('it is closed'));
    const id = ++this.#calls;
    return new Promise<ResultOf<Name>>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      if (this.#waiting.size === 1) this.#watch();
      this.#say({ id, ...call });
    });
  }

  /** Closes the connection after the calls that were made before; one that hangs is left to itself. */
  async close(): Promise<void> {
    if (!this.#usable) return;
    this.#usable = false;
    this.#worker.ref();
    this.#say('close');
    this.#watch();
    await this.#ended;
  }

  /**
   * Does not wait for the call in progress, which no one can interrupt: its promise rejects with its outcome unknown,
   * and the thread ends when libvirt returns. A process that has to end before that must end by a signal.
   */
  abandon(why: string): void {
    this.#giveUp(why);
    this.#worker.off('message', this.#receive);
    this.#worker.unref();
    void this.#worker.terminate();
  }

  #say(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  readonly #receive = (message: FromThread): void => {
    if (message === 'closed') return this.#handBack();
    if ('id' in message) return this.#settle(message);
    this.#opening = message.opening;
    this.#watch();
  };

  readonly #failed = (error: Error): void => this.#giveUp(`its thread failed: ${error.message}`);

  readonly #exited = (): void => this.#giveUp('its thread has ended');

  #handBack(): void {
    this.#worker.off('message', this.#receive);
    this.#worker.off('error', this.#failed);
    this.#worker.off('exit', this.#exited);
    this.options.threads.giveBack(this.#worker);
    this.#giveUp('it is closed');
  }

  #settle({ id, result, failure }: Answer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#watch();
    if (this.#waiting.size === 0 && this.#usable) this.#worker.unref();
    if (failure === undefined) waiting.resolve(result);
    else
      waiting.reject(
        new HypervisorError(failure.message, failure.code, failure.domain, failure.connectionLost),
      );
  }

  /** From now on an answer, or the end after a close, is due within the limit. */
  #watch(): void {
    clearTimeout(this.#silence);
    const limitMs = this.#opening ? this.options.openLimitMs : this.options.silenceLimitMs;
    if (limitMs === null || (this.#waiting.size === 0 && this.#usable)) return;
    this.#silence = setTimeout(() => this.abandon(`no answer within ${limitMs / 1000} s`), limitMs);
  }

  #giveUp(why: string): void {
    this.#usable = false;
    clearTimeout(this.#silence);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#lost(why));
    this.#waiting.clear();
    this.#end();
  }

  #lost(why: string): HypervisorError {
    return new HypervisorError(`connection to ${this.options.uri}: ${why}`, VIR_ERR_RPC, VIR_FROM_RPC, true);
  }
}

/** A long-lived connection: one thread at a time, replaced by a new one if it hangs or dies. */
import { NativeThread, type ThreadOptions } from './native-thread';
import { withReason } from './peer-certificate';
import type { ArgumentsOf, OperationName, ResultOf } from './operations';

export class Connection {
  #thread: NativeThread | undefined;
  #closed = false;

  constructor(private readonly options: ThreadOptions) {}

  /** See `NativeThread.reopen`; one that was never open opens. */
  async reopen(): Promise<void> {
    if (this.#thread?.usable === true) await this.#thread.reopen();
    else await this.call('versions');
  }

  async call<Name extends OperationName>(name: Name, ...args: ArgumentsOf<Name>): Promise<ResultOf<Name>> {
    if (this.#closed) throw new Error(`the connection to ${this.options.uri} has been closed`);
    if (this.#thread?.usable !== true) this.#thread = new NativeThread(this.options);
    try {
      return await this.#thread.call(name, ...args);
    } catch (error) {
      throw await withReason(error, this.options.uri);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.close();
  }
}

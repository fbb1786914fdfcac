/** Connections to other hosts' daemons: opened when wanted, kept for the next who wants one, closed when they are old. */
import type { PeerHypervisor } from '../port';
import type { Connection } from './connection';
import { type Closable, Idle } from './idle';
import { LibvirtPeer } from './peer';

/** A kept connection is a round trip away from showing that it is still good. */
const ANSWERS_WITHIN_MS = 3_000;

/** What has changed at the peer since, such as who may connect, is met by a connection that is opened anew. */
const OLD_MS = 60_000;

interface OpenPeer extends Closable {
  connection: Connection;
  openedAt: number;
}

export class Peers {
  readonly #kept: Idle<OpenPeer>;
  #closed = false;

  constructor(
    private readonly connectionTo: (uri: string) => Connection,
    private readonly closingFailed: (error: unknown) => void,
  ) {
    this.#kept = new Idle<OpenPeer>(closingFailed);
  }

  async connect(uri: string, { anew }: { anew: boolean }): Promise<PeerHypervisor> {
    const peer = (await this.#keptFor(uri, anew)) ?? (await this.#open(uri));
    return new LibvirtPeer(peer.connection, () => this.#takeBack(uri, peer));
  }

  /** Those that are out are closed as they come back. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#kept.closeAll();
  }

  async #open(uri: string): Promise<OpenPeer> {
    const connection = this.connectionTo(uri);
    const openedAt = performance.now();
    try {
      // A connection opens with its first call.
      await connection.call('versions');
    } catch (error) {
      await connection.close();
      throw error;
    }
    return { connection, openedAt, close: () => connection.close() };
  }

  /** One that does not answer at once is given up: opening another has a limit, waiting for its keepalive as well. */
  async #keptFor(uri: string, anew: boolean): Promise<OpenPeer | undefined> {
    const kept = this.#kept.take(uri);
    if (kept === undefined) return undefined;
    const { connection } = kept;
    const openedAt = anew ? performance.now() : kept.openedAt;
    if (await answersSoon(anew ? connection.reopen() : connection.call('versions')))
      return { ...kept, openedAt };
    this.#giveUp(kept);
    return undefined;
  }

  #takeBack(uri: string, peer: OpenPeer): void {
    const isOld = performance.now() - peer.openedAt > OLD_MS;
    if (this.#closed || isOld) this.#giveUp(peer);
    else this.#kept.keep(uri, peer);
  }

  #giveUp(peer: OpenPeer): void {
    peer.close().catch(this.closingFailed);
  }
}

function answersSoon(answer: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), ANSWERS_WITHIN_MS);
    const settle = (answers: boolean) => (): void => {
      clearTimeout(late);
      resolve(answers);
    };
    answer.then(settle(true), settle(false));
  });
}

/** One libvirt connection in the thread that uses it: opens it when it is needed, notices its loss, runs operations. */
import { VIR_ERR_NO_SUPPORT } from './constants';
import type { Context } from './context';
import { LibvirtFailure, tellsLostConnection } from './errors';
import { type Handle, lastFailure, type Libvirt } from './library';
import { ACTS, type ArgumentsOf, type OperationName, READS, type ResultOf } from './operations';
import { Scope, scoped } from './scope';

/** Unanswered probes after which libvirt gives a connection up. */
const KEEP_ALIVE_COUNT = 5;

export interface SessionOptions {
  uri: string;
  /** Seconds between the probes; 0 = none. */
  keepAliveSeconds: number;
}

/** An operation that failed, and whether the connection failed with it. */
export class SessionFailure extends Error {
  override readonly name = 'SessionFailure';
  constructor(
    override readonly cause: LibvirtFailure,
    readonly connectionLost: boolean,
  ) {
    super(cause.message);
  }
}

export class Session {
  #connection: Handle | null = null;
  readonly #whileOpen = new Scope();

  constructor(
    private readonly library: Libvirt,
    private readonly options: SessionOptions,
    /** Told before and after an attempt to open: it is the one call that no keepalive ends. */
    private readonly onOpening: (opening: boolean) => void = () => undefined,
  ) {}

  /** Opens the connection if there is none or it has died; a read that meets its loss is repeated once on a new one. */
  run<Name extends OperationName>(name: Name, args: ArgumentsOf<Name>): ResultOf<Name> {
    try {
      return this.#attempt(name, args);
    } catch (error) {
      if (!(error instanceof SessionFailure && error.connectionLost && name in READS)) throw error;
      return this.#attempt(name, args);
    }
  }

  close(): void {
    if (this.#connection === null) return;
    this.#whileOpen.release();
    this.library.virConnectClose(this.#connection);
    this.#connection = null;
  }

  #attempt<Name extends OperationName>(name: Name, args: ArgumentsOf<Name>): ResultOf<Name> {
    const connection = this.#open();
    const operation = { ...READS, ...ACTS }[name] as (context: Context, ...rest: unknown[]) => ResultOf<Name>;
    try {
      const context = { library: this.library, connection, whileOpen: this.#whileOpen };
      return scoped((scope) => operation({ ...context, scope }, ...args));
    } catch (error) {
      if (!(error instanceof LibvirtFailure)) throw error;
      throw new SessionFailure(error, this.#dropIfDead() || tellsLostConnection(error));
    }
  }

  #open(): Handle {
    this.#dropIfDead();
    if (this.#connection !== null) return this.#connection;
    this.onOpening(true);
    const connection = this.library.virConnectOpen(this.options.uri);
    this.onOpening(false);
    if (connection === null) throw new SessionFailure(lastFailure(this.library), true);
    this.#connection = connection;
    this.#keepAlive(connection);
    return connection;
  }

  /** Drivers inside the client, such as test:///, have no connection that could be lost and refuse. */
  #keepAlive(connection: Handle): void {
    const { keepAliveSeconds } = this.options;
    if (keepAliveSeconds === 0) return;
    if (this.library.virConnectSetKeepAlive(connection, keepAliveSeconds, KEEP_ALIVE_COUNT) >= 0) return;
    const failure = lastFailure(this.library);
    if (failure.code === VIR_ERR_NO_SUPPORT) return;
    this.close();
    throw new SessionFailure(failure, true);
  }

  /** libvirt knows by itself, without asking the daemon: the event loop has seen the socket close or probes fail. */
  #dropIfDead(): boolean {
    if (this.#connection === null || this.library.virConnectIsAlive(this.#connection) === 1) return false;
    this.close();
    return true;
  }
}

/** The port on libvirt: passes each call to the control connection; migrations and peers get connections of their own. */
import os from 'node:os';

import type { GuestOnHost, HostVersions } from '../../contract';
import type {
  CreateMdev,
  DomainInfo,
  DomainSummary,
  Hypervisor,
  JobStats,
  MdevDevice,
  MdevTypeOffer,
  MigrateRequest,
  PeerHypervisor,
  RunningJobStats,
  XmlKind,
} from '../port';
import { Connection } from './connection';
import type { EventLoop } from './event-loop';
import { Idle } from './idle';
import { IdleThreads } from './idle-threads';
import { Mdevs } from './mdevs';
import { type Logger, runMigration } from './migration';
import { NativeThread, type ThreadOptions } from './native-thread';
import { Peers } from './peers';

/** Well above libvirt's own limits (30 s for a domain's lock, keepalive): only a daemon or thread that hangs meets it. */
const CONTROL_SILENCE_LIMIT_MS = 120_000;

/** TCP alone would try to reach a host that is gone for over two minutes. */
const OPEN_LIMIT_MS = 30_000;

/** A peer is looked at and acted on in a hurry. */
const PEER_SILENCE_LIMIT_MS = 30_000;

export interface LibvirtHypervisorOptions {
  uri: string;
  keepAliveSeconds: number;
  /** In place of this machine's own, when the URI is another one's. */
  kernelRelease?: string | undefined;
  logger?: Logger | undefined;
  /** Shared by the process; released once, at the end. */
  eventLoop: EventLoop;
}

export class LibvirtHypervisor implements Hypervisor {
  readonly #threads = new IdleThreads();
  readonly #control: Connection;
  readonly #mdevs: Mdevs;
  readonly #migrations = new Set<NativeThread>();
  readonly #spares = new Idle<NativeThread>((error) => this.#closingFailed(error));
  readonly #peers: Peers;
  #closing: Promise<void> | undefined;

  constructor(private readonly options: LibvirtHypervisorOptions) {
    this.#control = this.#connectionTo(options.uri, CONTROL_SILENCE_LIMIT_MS);
    this.#mdevs = new Mdevs(this.#control);
    this.#peers = new Peers(
      (uri) => this.#connectionTo(uri, PEER_SILENCE_LIMIT_MS),
      (error) => this.#closingFailed(error),
    );
  }

  async versions(): Promise<HostVersions> {
    const kernel = this.options.kernelRelease ?? os.release();
    return { ...(await this.#control.call('versions')), kernel };
  }

  listDomains(): Promise<DomainSummary[]> {
    return this.#control.call('listDomains');
  }

  domain(guest: string): Promise<DomainInfo | undefined> {
    return this.#control.call('domainInfo', guest);
  }

  observe(guest: string): Promise<GuestOnHost> {
    return this.#control.call('observe', guest);
  }

  domainXml(guest: string, kind: XmlKind): Promise<string> {
    return this.#control.call('domainXml', guest, kind);
  }

  migrationBlockers(guest: string): Promise<string[]> {
    return this.#control.call('migrationBlockers', guest);
  }

  resume(guest: string): Promise<void> {
    return this.#control.call('resume', guest);
  }

  destroy(guest: string): Promise<void> {
    return this.#control.call('destroy', guest);
  }

  undefine(guest: string): Promise<void> {
    return this.#control.call('undefine', guest);
  }

  setAutostart(guest: string, on: boolean): Promise<void> {
    return this.#control.call('setAutostart', guest, on);
  }

  expectMigration(): void {
    if (this.#closing) return;
    try {
      const thread = this.#takeMigrateThread();
      this.#spares.keep(this.options.uri, thread);
      thread.call('versions').catch(() => undefined); // the migrate call tells why, if it is still so then
    } catch (error) {
      this.options.logger?.warn({ error: String(error) }, 'no thread could be opened ahead of a migration');
    }
  }

  async migrate(guest: string, request: MigrateRequest): Promise<void> {
    const { logger, eventLoop: events } = this.options;
    const thread = this.#takeMigrateThread();
    this.#migrations.add(thread);
    try {
      await runMigration({ control: this.#control, thread, events, guest, request, logger });
    } finally {
      this.#migrations.delete(thread);
      // not awaited: the guest is between its two hosts, and the fence's resume comes next
      thread.close().catch((error: unknown) => this.#closingFailed(error));
    }
  }

  jobStats(guest: string): Promise<RunningJobStats | undefined> {
    return this.#control.call('jobStats', guest);
  }

  completedJobStats(guest: string): Promise<JobStats | undefined> {
    return this.#control.call('completedJobStats', guest);
  }

  abortJob(guest: string): Promise<void> {
    return this.#control.call('abortJob', guest);
  }

  setMaxDowntime(guest: string, ms: number): Promise<void> {
    return this.#control.call('setMaxDowntime', guest, ms);
  }

  setBandwidth(guest: string, mibps: number): Promise<void> {
    return this.#control.call('setBandwidth', guest, mibps);
  }

  connectPeer(targetUri: string, how = { anew: false }): Promise<PeerHypervisor> {
    return this.#peers.connect(targetUri, how);
  }

  mdevTypes(): Promise<MdevTypeOffer[]> {
    return this.#mdevs.types();
  }

  listMdevs(): Promise<MdevDevice[]> {
    return this.#mdevs.list();
  }

  createMdev(request: CreateMdev): Promise<void> {
    return this.#mdevs.create(request);
  }

  destroyMdev(uuid: string): Promise<void> {
    return this.#mdevs.destroy(uuid);
  }

  /** A migration in progress goes on in libvirt; here its call rejects, its outcome unknown. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const thread of this.#migrations) thread.abandon('closed while the migration goes on');
    await Promise.all([this.#spares.closeAll(), this.#peers.close()]);
    await this.#control.close();
    await this.#threads.close();
    await this.options.eventLoop.release();
  }

  #closingFailed(error: unknown): void {
    this.options.logger?.warn({ error: String(error) }, 'closing a connection failed');
  }

  /** The one that was opened ahead, if it is still good. */
  #takeMigrateThread(): NativeThread {
    const { uri } = this.options;
    const spare = this.#spares.take(uri);
    if (spare?.usable) return spare;
    return new NativeThread({ ...this.#options(uri), silenceLimitMs: null });
  }

  #connectionTo(uri: string, silenceLimitMs: number): Connection {
    return new Connection({ ...this.#options(uri), silenceLimitMs });
  }

  #options(uri: string): Omit<ThreadOptions, 'silenceLimitMs'> {
    const { keepAliveSeconds } = this.options;
    return { uri, keepAliveSeconds, openLimitMs: OPEN_LIMIT_MS, threads: this.#threads };
  }
}

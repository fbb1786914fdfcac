/** Other hosts' hypervisors: only those that the configuration names. */
import { ApplicationFailure } from '@temporalio/activity';
import { ErrorType } from '../src/contract';
import { type PeerSettings, connectionChecks, encryptionChecks } from '../src/checks';
import { type PeerHypervisor, HypervisorError } from '../src/hypervisor/port';
import type { HostDeps } from './deps';
import { preCheckFailure } from './failures';

/** Long enough for the looks of one settling to share a connection: opening one takes far longer than a look. */
const KEEP_MS = 60_000;

export function requirePeer(deps: HostDeps, peer: string): PeerSettings {
  const settings = deps.peer(peer);
  if (settings !== undefined) return settings;
  throw ApplicationFailure.nonRetryable(
    `Host ${peer} is not among the peers configured on ${deps.host}. Add it to "peers" in the agent's configuration.`,
    ErrorType.PreCheck,
  );
}

/** Of a migration that is about to begin: asked again, since a caller need not have inspected anything. */
export function requireEncryption(deps: HostDeps, peer: string): void {
  const { host, requireTls } = deps;
  const failed = encryptionChecks({ host, peer, settings: requirePeer(deps, peer), requireTls });
  if (failed.length > 0) throw preCheckFailure(failed);
}

/** Opens the connection to its libvirt, if this host may use such a one. */
export async function connectToPeer(deps: HostDeps, peer: string): Promise<PeerHypervisor> {
  const { host, requireTls, hypervisor } = deps;
  const settings = requirePeer(deps, peer);
  const failed = connectionChecks({ host, peer, settings, requireTls });
  if (failed.length > 0) throw preCheckFailure(failed);
  return hypervisor.connectPeer(settings.libvirtUri);
}

interface KeptPeer {
  peer: PeerHypervisor;
  closing: NodeJS.Timeout;
}

/** Connections to peers, for looks and acts in their agents' stead; each is kept for a while after its last use. */
export class Peers {
  private readonly kept = new Map<string, KeptPeer>();

  constructor(private readonly deps: HostDeps) {}

  /** A connection that is found lost is given up; the next call opens another. */
  async ask<T>(host: string, question: (peer: PeerHypervisor) => Promise<T>): Promise<T> {
    const peer = this.take(host) ?? (await connectToPeer(this.deps, host));
    try {
      const answer = await question(peer);
      this.keep(host, peer);
      return answer;
    } catch (error) {
      if (error instanceof HypervisorError && error.connectionLost) await peer.close();
      else this.keep(host, peer);
      throw error;
    }
  }

  /** Nobody else uses it meanwhile: two questions at a time have two connections. */
  private take(host: string): PeerHypervisor | undefined {
    const kept = this.kept.get(host);
    if (!kept) return undefined;
    this.kept.delete(host);
    clearTimeout(kept.closing);
    return kept.peer;
  }

  private keep(host: string, peer: PeerHypervisor): void {
    const before = this.take(host);
    if (before) void this.end(host, before);
    const closing = setTimeout(() => {
      this.kept.delete(host);
      void this.end(host, peer);
    }, KEEP_MS);
    closing.unref();
    this.kept.set(host, { peer, closing });
  }

  private async end(host: string, peer: PeerHypervisor): Promise<void> {
    await peer.close().catch((error: unknown) => {
      this.deps.log.warn({ peer: host, error: String(error) }, 'closing a connection failed');
    });
  }
}

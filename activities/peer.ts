/** Other hosts' hypervisors: only those that the configuration names. */
import { ApplicationFailure } from '@temporalio/activity';
import { ErrorType } from '../src/contract';
import { type PeerSettings, connectionChecks, encryptionChecks } from '../src/checks';
import type { PeerHypervisor } from '../src/hypervisor/port';
import type { HostDeps } from './deps';
import { preCheckFailure } from './failures';

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

/** A look at a peer, or an act there, in its agent's stead. */
export async function askPeer<T>(
  deps: HostDeps,
  host: string,
  question: (peer: PeerHypervisor) => Promise<T>,
): Promise<T> {
  const peer = await connectToPeer(deps, host);
  try {
    return await question(peer);
  } finally {
    await peer.close().catch((error: unknown) => {
      deps.log.warn({ peer: host, error: String(error) }, 'closing a connection failed');
    });
  }
}

/** Other hosts' hypervisors: only those that the configuration names. */
import { ApplicationFailure } from '@temporalio/activity';
import { type GuestOnHost, ErrorType } from '../src/contract';
import type { PeerHypervisor } from '../src/hypervisor/port';
import type { HostDeps } from './deps';

export function requirePeerUri(deps: HostDeps, host: string): string {
  const uri = deps.peerUri(host);
  if (uri !== undefined) return uri;
  throw ApplicationFailure.nonRetryable(
    `Host ${host} is not among the peers configured on ${deps.host}. Add it to "peers" in the agent's configuration.`,
    ErrorType.PreCheck,
  );
}

/** Asks a peer's hypervisor over a connection of its own. */
export async function withPeer<T>(
  deps: HostDeps,
  host: string,
  ask: (peer: PeerHypervisor) => Promise<T>,
): Promise<T> {
  const peer = await deps.hypervisor.connectPeer(requirePeerUri(deps, host));
  try {
    return await ask(peer);
  } finally {
    await peer.close();
  }
}

/** Looks at a guest on a peer again and again, over one connection for as long as that lasts. */
export class PeerLookout {
  private peer: PeerHypervisor | undefined;

  constructor(
    private readonly deps: HostDeps,
    private readonly host: string,
  ) {}

  async look(guest: string): Promise<GuestOnHost> {
    this.peer ??= await this.deps.hypervisor.connectPeer(requirePeerUri(this.deps, this.host));
    try {
      return await this.peer.observe(guest);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { peer } = this;
    this.peer = undefined;
    await peer?.close();
  }
}

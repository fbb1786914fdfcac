/** The peers of a configuration, with what it leaves open filled in. */
import type { PeerSettings } from '../checks';
import type { AgentConfig } from './config';

type Peers = Pick<AgentConfig, 'peers' | 'requireTls'>;

export function peerSettings({ peers, requireTls }: Peers, host: string): PeerSettings | undefined {
  const peer = Object.hasOwn(peers, host) ? peers[host] : undefined;
  if (peer === undefined) return undefined;
  const { libvirtUri, migrationTls = requireTls ? 'required' : 'off', tlsDestination, migrationUri } = peer;
  const tls = migrationTls === 'required';
  return { libvirtUri, channel: { tls, tlsDestination: tlsDestination ?? null, uri: migrationUri ?? null } };
}

/** How a peer is reached, and whether that is good enough for a host that takes TLS only. Pure. */
import type { FailedCheck } from '../contract';
import type { MigrationChannel } from '../hypervisor/port';
import { libvirtAddress } from './libvirt-uri';

/** Another host, as this one's configuration has it. */
export interface PeerSettings {
  /** Of its libvirt, as seen from here. */
  libvirtUri: string;
  channel: MigrationChannel;
}

export interface PeerFacts {
  /** Host id of the one that asks. */
  host: string;
  /** The peer's host id. */
  peer: string;
  settings: PeerSettings;
  /** Of the asking host's configuration. */
  requireTls: boolean;
}

/** Transports of libvirt that encrypt, and know the other side by its certificate or key. */
const ENCRYPTED: ReadonlySet<string> = new Set(['tls', 'ssh', 'libssh', 'libssh2']);

const SEE = 'docs/tls.md says what that needs.';

/** Of the connection to the peer's libvirt: the guest's XML goes over it, and what is believed of the guest comes over it. */
export function connectionChecks({ host, peer, settings, requireTls }: PeerFacts): FailedCheck[] {
  if (!requireTls) return [];
  const weakness = weaknessOf(settings.libvirtUri);
  if (weakness === undefined) return [];
  return [
    {
      check: 'peer-encrypted',
      host,
      found: `libvirt of ${peer} is reached by ${settings.libvirtUri}: ${weakness}`,
      required: `libvirt of ${peer} by TLS or SSH ("requireTls" is set on ${host})`,
      fix: `Set peers.${peer}.libvirtUri to qemu+tls://<its name>/system in the agent's configuration on ${host}. ${SEE}`,
    },
  ];
}

/** Of a migration there: also what carries the guest's memory. */
export function encryptionChecks(facts: PeerFacts): FailedCheck[] {
  const { host, peer, settings, requireTls } = facts;
  const connection = connectionChecks(facts);
  if (!requireTls || settings.channel.tls) return connection;
  return [
    ...connection,
    {
      check: 'migration-encrypted',
      host,
      found: `"migrationTls" is "off" for ${peer}: memory and vGPU state would go there as they are`,
      required: `migrations over TLS ("requireTls" is set on ${host})`,
      fix: `Set peers.${peer}.migrationTls to "required" in the agent's configuration on ${host}. ${SEE}`,
    },
  ];
}

function weaknessOf(uri: string): string | undefined {
  const { transport, trustsAnybody } = libvirtAddress(uri);
  if (!ENCRYPTED.has(transport)) return `${transport} is not encrypted`;
  return trustsAnybody ? 'whoever answers there is believed' : undefined;
}

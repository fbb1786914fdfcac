/** What the hosts' QEMU certificates make of a migration over TLS: libvirt's refusals, as they were seen. */
import type { MigrationChannel } from '../port';
import {
  type LibvirtError,
  certificateExpired,
  certificateMissing,
  issuerUnknown,
  nameMismatch,
} from './errors';
import type { HostState } from './state';

/** Of the target, as soon as its QEMU is started. */
export function refuseAsTarget(target: HostState, { tls }: MigrationChannel): LibvirtError | undefined {
  return tls ? ownRefusal('server', target) : undefined;
}

/** Of the source, when its QEMU connects: its own certificate first, then the one that it is shown. */
export function refuseAsSource(
  source: HostState,
  target: HostState,
  { tls, tlsDestination, uri }: MigrationChannel,
): LibvirtError | undefined {
  if (!tls) return undefined;
  const own = ownRefusal('client', source);
  if (own) return own;
  if (target.certificate?.authority !== source.certificate?.authority) return issuerUnknown;
  const sought = tlsDestination ?? nameIn(uri) ?? target.name;
  return target.certificate?.name === sought ? undefined : nameMismatch(sought);
}

/** QEMU looks at its own before it uses it. */
function ownRefusal(end: 'client' | 'server', { certificate }: HostState): LibvirtError | undefined {
  if (!certificate) return certificateMissing;
  return certificate.expired ? certificateExpired(end) : undefined;
}

function nameIn(uri: string | null): string | undefined {
  return uri === null ? undefined : new URL(uri).hostname;
}

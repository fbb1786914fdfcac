/** What a libvirt URI says of the way to a daemon. Pure. */

export interface LibvirtAddress {
  /** Empty: the local daemon's socket. */
  name: string;
  transport: string;
  /** Null: the transport's own. */
  port: number | null;
  /** The URI's parameters tell libvirt not to look whose certificate, or key, the other side has. */
  trustsAnybody: boolean;
}

/** libvirt's rule: `driver[+transport]://[user@]name[:port]/path`; with a name and no transport it is TLS. */
export function libvirtAddress(uri: string): LibvirtAddress {
  const { protocol, hostname, port, searchParams } = new URL(uri);
  return {
    name: hostname.replace(/^\[(.*)\]$/, '$1'),
    transport: protocol.slice(0, -1).split('+')[1] ?? 'tls',
    port: port === '' ? null : Number(port),
    trustsAnybody: [...searchParams].some(([key, value]) => isBlind(key.toLowerCase(), value)),
  };
}

/** libvirt takes its parameters in any case. */
function isBlind(key: string, value: string): boolean {
  return (key === 'no_verify' && value !== '0') || (key === 'known_hosts_verify' && value === 'ignore');
}

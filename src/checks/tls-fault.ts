/** A fault of TLS in libvirt's or QEMU's words, in ours: where it is, in which file, and what to do. Pure. */

export interface TlsFault {
  /** A sentence. */
  what: string;
  fix: string;
}

/** Host ids: the source of a migration, or whoever opens a connection, and the other side. */
export interface Ends {
  host: string;
  peer: string;
}

interface FaultRow {
  /** Seen in the lab (docs/tls.md), or read in QEMU's crypto/tls*.c; GnuTLS' reasons are passed on by both. */
  says: RegExp;
  means: (ends: Ends, found: readonly string[]) => TlsFault;
}

const RENEWED_AT_ONCE = 'Nothing has to be restarted for it.';

const ROWS: readonly FaultRow[] = [
  {
    // of libvirt's own connection; the reason in brackets is the adapter's
    says: /Failed to verify peer's certificate(?: \((.+)\))?/,
    means: ({ host, peer }, [, reason]) => ({
      what: `${host} does not accept the certificate that libvirt of ${peer} shows: ${reason ?? 'it is expired, of another authority, or for another name than the one in libvirtUri'}.`,
      fix: `Put a good one at /etc/pki/libvirt/servercert.pem on ${peer}, then there: virt-admin server-update-tls libvirtd (or virtproxyd).`,
    }),
  },
  {
    says: /Unable to read TLS confirmation/,
    means: ({ host, peer }) => ({
      what: `libvirt of ${peer} did not accept ${host}: it was shown no client certificate, one of another authority, or one that its tls_allowed_dn_list does not name.`,
      fix: `See that ${host} has a client certificate whose key the agent's user can read (vgpu-ferry doctor), and what libvirt's log on ${peer} says.`,
    }),
  },
  {
    says: /Certificate does not match the hostname (\S+?)\.?(?:\s|$)/,
    means: ({ host, peer }, [, name = '']) => ({
      what: `The QEMU certificate of ${peer} (server-cert.pem) is not for ${name}, by which migrations reach it.`,
      fix: `Make one for ${name}; or set peers.${peer}.tlsDestination to a name in it, or peers.${peer}.migrationUri to tcp://<such a name>, on ${host}.`,
    }),
  },
  {
    says: /Our own certificate (\S+) failed validation against (\S+): (.+)/,
    means: (ends, [, file = '', authority = '', why = '']) => ({
      what: `${file} ${onHost(ends, file)} is not of the authority beside it, ${authority}: ${why}`,
      fix: `Put the two that belong together there, of the authority that the other host has too. ${RENEWED_AT_ONCE}`,
    }),
  },
  {
    says: /certificate (\/\S+) (has expired|is not yet active)/,
    means: (ends, [, file = '', state = '']) => ({
      what: `${file} ${onHost(ends, file)} ${state}.`,
      fix: `Renew it, or set that host's clock. ${RENEWED_AT_ONCE}`,
    }),
  },
  {
    // without a file it is the one that the other end has shown
    says: /The certificate (hasn't got a known issuer|is not trusted|has been revoked|uses an insecure algorithm|has expired|is not yet activated)/,
    means: ({ host, peer }, [, state = '']) => ({
      what: `QEMU on ${host} does not accept the QEMU certificate of ${peer}: the certificate ${state}.`,
      fix: `Both need certificates of one authority, valid now: server-cert.pem on ${peer} is to be of the ca-cert.pem on ${host}.`,
    }),
  },
  {
    says: /(?:Unable to access credentials|Cannot read \S+ certificate|Unable to import \S+ (?:certificate|key)) '?(\/[^\s':]+)'?: (.+)/,
    means: (ends, [, file = '', why = '']) => ({
      what: `${file} ${onHost(ends, file)} cannot be used: ${why}.`,
      fix: `Put it there, readable by whose it is: QEMU's by QEMU's group, libvirt's client certificate by the agent's user. vgpu-ferry doctor on both hosts says what is missing.`,
    }),
  },
  {
    says: /allows migration only with VIR_MIGRATE_TLS/,
    means: ({ host, peer }) => ({
      what: `libvirt of ${host} or ${peer} takes migrations over TLS only (migrate_tls_force), and this one was not to be.`,
      fix: `Set peers.${peer}.migrationTls to "required" in the agent's configuration on ${host}.`,
    }),
  },
  {
    says: /host migration TLS directory not configured/,
    means: ({ host, peer }) => ({
      what: `libvirt of ${host} or ${peer} has no folder for QEMU's certificates.`,
      fix: 'Set migrate_tls_x509_cert_dir in /etc/libvirt/qemu.conf, and restart libvirt.',
    }),
  },
];

/** Undefined: the text tells of something else. */
export function tlsFault(text: string, ends: Ends): TlsFault | undefined {
  for (const { says, means } of ROWS) {
    const found = says.exec(text);
    if (found) return means(ends, found);
  }
  return undefined;
}

/** The target's QEMU is the server; an authority's file of QEMU's may be either's, libvirt's client is always here. */
function onHost({ host, peer }: Ends, file: string): string {
  if (/server/.test(file)) return `on ${peer}`;
  return /client|cacert\.pem$/.test(file) ? `on ${host}` : `on ${host} or ${peer}`;
}

/** libvirt's and QEMU's words for faults of TLS, as they were seen on real hosts (libvirt 11.3, QEMU 10.0), and what they mean. */
import { tlsFault } from '../../src/checks';

const ends = { host: 'host-a', peer: 'host-b' };
const OBJECT_ADD = "internal error: unable to execute QEMU command 'object-add': ";
const PKI = '/etc/pki/qemu';

test.each<[string, string, RegExp, RegExp]>([
  [
    'no certificates at all, or a folder that QEMU may not enter',
    `${OBJECT_ADD}Unable to access credentials ${PKI}/ca-cert.pem: No such file or directory`,
    /^\/etc\/pki\/qemu\/ca-cert\.pem on host-a or host-b cannot be used: No such file or directory\.$/,
    /Put it there/,
  ],
  [
    "the target's key is missing",
    `${OBJECT_ADD}Unable to access credentials ${PKI}/server-key.pem: No such file or directory`,
    /server-key\.pem on host-b cannot be used/,
    /Put it there/,
  ],
  [
    "the target's has expired",
    `${OBJECT_ADD}The server certificate ${PKI}/server-cert.pem has expired`,
    /server-cert\.pem on host-b has expired\.$/,
    /Renew it/,
  ],
  [
    "the source's has expired",
    `${OBJECT_ADD}The client certificate ${PKI}/client-cert.pem has expired`,
    /client-cert\.pem on host-a has expired\.$/,
    /Renew it/,
  ],
  [
    "the target's is for another host",
    "operation failed: migration failed. Message from the source host: operation failed: job 'migration out' failed: Certificate does not match the hostname 192.168.77.2. Message from the destination host: operation failed: job 'migration in' failed: load of migration failed: Invalid argument",
    /certificate of host-b \(server-cert\.pem\) is not for 192\.168\.77\.2, by/,
    /Make one for 192\.168\.77\.2; or set peers\.host-b\.tlsDestination/,
  ],
  [
    'the same, as the source alone tells it',
    "operation failed: job 'migration out' failed: Certificate does not match the hostname host-b",
    /is not for host-b, by/,
    /Make one for host-b;/,
  ],
  [
    'the two are of different authorities',
    "operation failed: job 'migration out' failed: The certificate hasn't got a known issuer",
    /QEMU on host-a does not accept the QEMU certificate of host-b: the certificate hasn't got a known issuer/,
    /one authority/,
  ],
  [
    "the target's is not of its own authority",
    `${OBJECT_ADD}Our own certificate ${PKI}/server-cert.pem failed validation against ${PKI}/ca-cert.pem: The certificate hasn't got a known issuer`,
    /server-cert\.pem on host-b is not of the authority beside it, .*ca-cert\.pem: The certificate hasn't/,
    /belong together/,
  ],
  [
    "libvirt's client certificate is not of its own authority",
    "Our own certificate /etc/pki/libvirt/clientcert.pem failed validation against /etc/pki/CA/cacert.pem: The certificate hasn't got a known issuer.",
    /clientcert\.pem on host-a is not of the authority beside it/,
    /belong together/,
  ],
  [
    "libvirt's client certificate has expired",
    'The client certificate /etc/pki/libvirt/clientcert.pem has expired',
    /clientcert\.pem on host-a has expired/,
    /Renew it/,
  ],
  [
    "libvirt's authority is missing",
    "Cannot read CA certificate '/etc/pki/CA/cacert.pem': No such file or directory",
    /cacert\.pem on host-a cannot be used: No such file/,
    /Put it there/,
  ],
  [
    "libvirt's server is not accepted, and why",
    "authentication failed: Failed to verify peer's certificate (it expired on 2026-11-26; it is for DNS:x, not for host-b)",
    /libvirt of host-b shows: it expired on 2026-11-26; it is for DNS:x, not for host-b\.$/,
    /servercert\.pem on host-b/,
  ],
  [
    "libvirt's server is not accepted, and nobody knows why",
    "authentication failed: Failed to verify peer's certificate",
    /shows: it is expired, of another authority, or for another name/,
    /servercert\.pem on host-b/,
  ],
  [
    'no client certificate, or a refused one',
    'Unable to read TLS confirmation: Input/output error',
    /libvirt of host-b did not accept host-a/,
    /client certificate whose key the agent's user can read/,
  ],
  [
    'plain, where libvirt takes TLS only',
    'Requested operation is not valid: this libvirtd instance allows migration only with VIR_MIGRATE_TLS flag',
    /TLS only \(migrate_tls_force\)/,
    /peers\.host-b\.migrationTls to "required".*on host-a/,
  ],
  [
    'a libvirt without a folder for them',
    'Requested operation is not valid: host migration TLS directory not configured',
    /no folder for QEMU's certificates/,
    /migrate_tls_x509_cert_dir/,
  ],
])('%s', (_what, says, what, fix) => {
  const fault = tlsFault(says, ends);
  expect(fault?.what).toMatch(what);
  expect(fault?.fix).toMatch(fix);
});

test.each([
  'internal error: client socket is closed',
  "operation failed: job 'migration in' failed: load of migration failed: Bad file descriptor",
  'End of file while reading data: Input/output error',
  // also when a connection breaks in the middle: it is no certificate's
  "operation failed: job 'migration out' failed: Cannot read from TLS channel: The TLS connection was non-properly terminated.",
])('is no fault of certificates: %s', (text) => {
  expect(tlsFault(text, ends)).toBeUndefined();
});

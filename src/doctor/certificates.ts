/** Where libvirt and QEMU look for the certificates that migrations need. */
import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Finding } from './finding';
import { type CertificatePlace, lookAtFiles } from './pem';
import { textIn } from './qemu-conf';

/** Whose files they are. */
export interface Machine {
  /** Folder that stands for /. */
  root: string;
  /** Of the user that the agent is; null = root, for whom libvirt looks in /etc only. */
  home: string | null;
  hostname: string;
  now: Date;
}

export function thisMachine(): Machine {
  const { uid, homedir: home } = os.userInfo();
  return { root: '/', home: uid === 0 ? null : home, hostname: os.hostname(), now: new Date() };
}

/** From libvirt's documentation of TLS; a daemon may be told otherwise in its own settings. */
const AUTHORITY = '/etc/pki/CA/cacert.pem';
const LIBVIRT = '/etc/pki/libvirt';

/** libvirt's own: for connections between daemons, and between the agent and peers' daemons. */
export function lookAtLibvirtCertificates({ root, home, hostname, now }: Machine): Promise<Finding[]> {
  const renewServer = 'Renew it, then: virt-admin server-update-tls libvirtd (virtproxyd).';
  const renewed = 'Renew it: it counts from the next connection on.';
  const server = {
    ...{ subject: 'TLS server certificate', purpose: 'for peers that open this one', renew: renewServer },
    ...{ file: `${LIBVIRT}/servercert.pem`, key: `${LIBVIRT}/private/serverkey.pem` },
    ...{ readsKey: false, name: hostname },
  };
  const client = {
    ...{ subject: 'TLS client certificate', purpose: "to open peers' libvirt", renew: renewed },
    ...{ ...agentsOwn(root, home), readsKey: true, name: null },
  };
  const authority = { subject: 'TLS authority', file: AUTHORITY, renew: renewServer };
  return lookAtFiles({ root, now, authority, certificates: [client, server] });
}

/** As libvirt does: a user's own if both files are there, else the machine's. */
function agentsOwn(root: string, home: string | null): Pick<CertificatePlace, 'file' | 'key'> {
  const machines = { file: `${LIBVIRT}/clientcert.pem`, key: `${LIBVIRT}/private/clientkey.pem` };
  if (home === null) return machines;
  const own = { file: `${home}/.pki/libvirt/clientcert.pem`, key: `${home}/.pki/libvirt/clientkey.pem` };
  return [own.file, own.key].every((file) => existsSync(path.join(root, file))) ? own : machines;
}

/** QEMU's: for the guests' memory. Their keys are QEMU's and not the agent's to read. */
export function lookAtQemuCertificates(
  { root, hostname, now }: Machine,
  settings: string,
): Promise<Finding[]> {
  const folder = migrationFolder(root, settings);
  const renew = 'Renew it: it counts from the next migration on.';
  const end = (role: 'client' | 'server', purpose: string, name: string | null): CertificatePlace => ({
    ...{ subject: `QEMU ${role} certificate`, purpose, name, renew, readsKey: false },
    ...{ file: `${folder}/${role}-cert.pem`, key: `${folder}/${role}-key.pem` },
  });
  return lookAtFiles({
    ...{ root, now },
    authority: { subject: 'QEMU authority', file: `${folder}/ca-cert.pem`, renew },
    certificates: [
      end('client', 'for guests that leave', null),
      end('server', 'for guests that arrive', textIn(settings, 'migration_host') ?? hostname),
    ],
  });
}

/** libvirt's order (virQEMUDriverConfigSetDefaults). */
export function migrationFolder(root: string, settings: string): string {
  const own = '/etc/pki/libvirt-migrate';
  return (
    textIn(settings, 'migrate_tls_x509_cert_dir') ??
    (existsSync(path.join(root, own)) ? own : undefined) ??
    textIn(settings, 'default_tls_x509_cert_dir') ??
    '/etc/pki/qemu'
  );
}

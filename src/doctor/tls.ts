/** Whether migrations between this host and its peers are encrypted, as far as its configuration wants it. */
import type { AgentConfig } from '../agent/config';
import { peerSettings } from '../agent/peers';
import { type PeerSettings, encryptionChecks, libvirtAddress } from '../checks';
import { type Machine, lookAtLibvirtCertificates, lookAtQemuCertificates } from './certificates';
import { type Finding, fail, ok, warn } from './finding';
import { listenersOf } from './ports';
import { LET_IT_READ, numberIn, readQemuConf } from './qemu-conf';

/** libvirt's port for connections that nothing encrypts. */
const PLAIN_PORT = 16_509;

type Peers = Pick<AgentConfig, 'host' | 'peers' | 'requireTls'>;

/** False: nothing of this host's configuration is about TLS. */
export function concernsTls(config: Peers): boolean {
  const all = settingsOf(config);
  return config.requireTls || all.some(([, { libvirtUri, channel }]) => channel.tls || isTls(libvirtUri));
}

export async function lookAtTls(config: Peers, machine: Machine): Promise<Finding[]> {
  const all = settingsOf(config).map(([, settings]) => settings);
  const settings = await readQemuConf(machine.root);
  const memoryToo = all.some(({ channel }) => channel.tls);
  const [libvirts, qemus, listening] = await Promise.all([
    all.some(({ libvirtUri }) => isTls(libvirtUri)) ? lookAtLibvirtCertificates(machine) : [],
    memoryToo ? lookAtQemuCertificates(machine, settings ?? '') : [],
    listenersOf(machine.root),
  ]);
  return [
    ...libvirts,
    ...qemus,
    ...(memoryToo ? [judgeVerification(settings)] : []),
    ...(config.requireTls ? [...judgePeers(config), judgeForce(settings), judgePlainPort(listening)] : []),
  ];
}

function settingsOf(config: Peers): [string, PeerSettings][] {
  return Object.keys(config.peers).map((peer) => [peer, peerSettings(config, peer)!]);
}

function isTls(uri: string): boolean {
  const { name, transport } = libvirtAddress(uri);
  return name !== '' && transport === 'tls';
}

/** The same that a migration is refused by. */
function judgePeers(config: Peers): Finding[] {
  const { host, requireTls } = config;
  const all = settingsOf(config);
  const failed = all.flatMap(([peer, settings]) => encryptionChecks({ host, peer, settings, requireTls }));
  if (failed.length === 0) return [ok('requireTls', `${all.length} peer(s), all over TLS or SSH`)];
  return failed.map(({ check, found, required, fix }) => fail(check, `${found}; required: ${required}`, fix));
}

const NOT_READABLE = '/etc/libvirt/qemu.conf cannot be read by this user';

/** What comes in is libvirt's to refuse: no agent is asked. */
export function judgeForce(settings: string | null): Finding {
  const subject = 'guests that arrive';
  if (settings === null)
    return warn(
      subject,
      `${NOT_READABLE}: whether libvirt refuses those that come unencrypted is not known`,
      `See that it has: migrate_tls_force = 1. ${LET_IT_READ}`,
    );
  if (numberIn(settings, 'migrate_tls_force') === 1)
    return ok(subject, 'libvirt takes them over TLS only (migrate_tls_force)');
  return warn(
    subject,
    'libvirt takes them unencrypted too',
    'Set migrate_tls_force = 1 in /etc/libvirt/qemu.conf, and restart libvirt.',
  );
}

export function judgePlainPort(listening: ReadonlySet<number>): Finding {
  const subject = "libvirt's plain port";
  if (!listening.has(PLAIN_PORT)) return ok(subject, `nothing listens at port ${PLAIN_PORT}`);
  return warn(
    subject,
    `something listens at port ${PLAIN_PORT}, where nothing is encrypted`,
    'systemctl disable --now libvirtd-tcp.socket (or virtproxyd-tcp.socket); without systemd: listen_tcp = 0 in libvirtd.conf.',
  );
}

export function judgeVerification(settings: string | null): Finding {
  const subject = 'who may send guests';
  if (settings === null)
    return ok(subject, `${NOT_READABLE}; by libvirt's default, holders of a certificate`);
  const asked = ['migrate_tls_x509_verify', 'default_tls_x509_verify'].map((key) => numberIn(settings, key));
  if ((asked[0] ?? asked[1] ?? 1) === 1) return ok(subject, 'holders of a certificate of the authority');
  return warn(
    subject,
    'anybody who reaches the ports of a migration: QEMU asks for no certificate',
    'Set migrate_tls_x509_verify = 1 in /etc/libvirt/qemu.conf, and restart libvirt.',
  );
}

/** Each peer, as this host sees it: its name, its libvirt's port, its libvirt, and the ports of migrations. */
import { lookup } from 'node:dns/promises';
import { type Socket, connect } from 'node:net';
import { formatVersion, libvirtAddress, tlsFault, versionChecks } from '../checks';
import type { Hypervisor } from '../hypervisor/port';
import { type Finding, fail, ok, textOf, warn, within } from './finding';

const LOOKUP_LIMIT_MS = 5_000;
/** A host that is merely busy answers within it; on emulated ones 3 s were too few. */
const CONNECT_LIMIT_MS = 8_000;
const LIBVIRT_LIMIT_MS = 15_000;

const SSH = { port: 22, listener: 'sshd' };
/** The ports that libvirt's transports use unless the URI has another, and what listens there. */
const TRANSPORTS = new Map([
  ['tls', { port: 16_514, listener: 'libvirtd-tls.socket (or virtproxyd-tls.socket)' }],
  ['tcp', { port: 16_509, listener: 'libvirtd-tcp.socket (or virtproxyd-tcp.socket)' }],
  ['ssh', SSH],
  ['libssh', SSH],
  ['libssh2', SSH],
]);

export interface PeerAddress {
  /** Empty: the local daemon's socket. */
  name: string;
  transport: string;
  /** Null: the transport has none that is known here. */
  port: number | null;
  /** The systemd unit that listens there, if it is known. */
  listener: string;
}

export interface PeerLook {
  host: string;
  uri: string;
  /** First of the ports at which migrations arrive. */
  migrationPort: number;
  connect: (uri: string) => Promise<Pick<Hypervisor, 'versions' | 'close'>>;
}

export async function lookAtPeer({ host, uri, migrationPort, connect: open }: PeerLook): Promise<Finding[]> {
  const { name, port, listener } = addressOf(uri);
  const resolved = await resolves(host, name);
  if (resolved.verdict === 'fail') return [resolved];
  const reached = port === null ? [] : [await reaches(host, name, port, listener)];
  if (reached.some(({ verdict }) => verdict === 'fail')) return [resolved, ...reached];
  const [libvirt, ports] = await Promise.all([
    answers(host, uri, open),
    passesMigrations(host, name, migrationPort),
  ]);
  return [resolved, ...reached, ...libvirt, ports];
}

export function addressOf(uri: string): PeerAddress {
  const { name, transport, port } = libvirtAddress(uri);
  const known = TRANSPORTS.get(transport);
  return {
    ...{ name, transport },
    port: port ?? known?.port ?? null,
    listener: known?.listener ?? 'its listener',
  };
}

async function resolves(host: string, name: string): Promise<Finding> {
  const subject = `${host}: name`;
  try {
    const { address } = await within(LOOKUP_LIMIT_MS, lookup(name));
    return ok(subject, `${name} is ${address}`);
  } catch (error) {
    return fail(
      subject,
      `${name}: ${textOf(error)}`,
      `Let ${name} resolve here (DNS or /etc/hosts), or correct peers.${host}.libvirtUri in the agent's configuration.`,
    );
  }
}

async function reaches(host: string, name: string, port: number, listener: string): Promise<Finding> {
  const subject = `${host}: libvirt's port`;
  const reached = await tryPort(name, port);
  if (reached === 'open') return ok(subject, `${name}:${port} is open`);
  const found =
    reached === 'refused'
      ? `nothing listens at ${name}:${port}`
      : `${name}:${port} does not answer (${reached})`;
  return fail(
    subject,
    found,
    reached === 'refused'
      ? `Let libvirt listen there, on ${host}: systemctl enable --now ${listener}.`
      : `See that ${host} is up, and that no firewall stands between: this host has to reach port ${port} there.`,
  );
}

/** No migration is under way, most likely: a port that refuses can be reached, one that is silent is held by a firewall. */
async function passesMigrations(host: string, name: string, port: number): Promise<Finding> {
  const subject = `${host}: migration ports`;
  const reached = await tryPort(name, port);
  if (reached === 'open' || reached === 'refused') return ok(subject, `${name}:${port} can be reached`);
  return warn(
    subject,
    `${name}:${port} does not answer (${reached}): a firewall, most likely`,
    `Let this host reach ${host}'s migration ports: those of its qemu.conf, by default 49152 to 49215.`,
  );
}

async function answers(host: string, uri: string, open: PeerLook['connect']): Promise<Finding[]> {
  const subject = `${host}: libvirt`;
  const fix = `Try it by hand: virsh -c ${uri} version. It needs a certificate (or key) of this host's that ${host} accepts.`;
  try {
    const peer = await within(LIBVIRT_LIMIT_MS, open(uri));
    try {
      const versions = await within(LIBVIRT_LIMIT_MS, peer.versions());
      const refused = versionChecks(host, versions).filter(({ check }) => check !== 'linux-version');
      return refused.length > 0
        ? refused.map((check) => fail(subject, `${check.found}; required: ${check.required}`, check.fix))
        : [ok(subject, `libvirt ${formatVersion(versions.libvirt)}, QEMU ${formatVersion(versions.qemu)}`)];
    } finally {
      await peer.close();
    }
  } catch (error) {
    const fault = tlsFault(textOf(error), { host: 'this host', peer: host });
    return [fail(subject, `${uri}: ${fault?.what ?? textOf(error)}`, fault?.fix ?? fix)];
  }
}

/** `open`, `refused`, or the error's code. */
async function tryPort(name: string, port: number): Promise<string> {
  let socket: Socket | undefined;
  try {
    await within(
      CONNECT_LIMIT_MS,
      new Promise<void>((resolve, reject) => {
        socket = connect(port, name, resolve).on('error', reject);
      }),
    );
    return 'open';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ECONNREFUSED' ? 'refused' : (code ?? textOf(error));
  } finally {
    socket?.destroy();
  }
}

/** The TCP ports that incoming migrations listen at, as libvirt's qemu.conf has them. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Finding, fail, ok, warn } from './finding';
import { LET_IT_READ, numberIn, readQemuConf } from './qemu-conf';

/** libvirt's own defaults. */
const DEFAULT_FIRST = 49_152;
const DEFAULT_LAST = 49_215;

/** State LISTEN in /proc/net/tcp. */
const LISTEN = '0A';

export interface PortRange {
  first: number;
  last: number;
}

export async function lookAtPorts(root: string): Promise<Finding[]> {
  return [judgePorts(await readQemuConf(root), await listenersOf(root))];
}

/** Ports that something listens at on this machine. */
export async function listenersOf(root: string): Promise<Set<number>> {
  const tables = ['tcp', 'tcp6'].map((table) =>
    readFile(path.join(root, 'proc/net', table), 'utf8').catch(() => ''),
  );
  return listeners((await Promise.all(tables)).join('\n'));
}

/** `settings`: text of qemu.conf, null if it can't be read. */
export function judgePorts(settings: string | null, listening: ReadonlySet<number>): Finding {
  const subject = 'migration ports';
  const { first, last } = portRange(settings ?? '');
  const count = last - first + 1;
  if (count < 1)
    return fail(
      subject,
      `qemu.conf says ${first} to ${last}`,
      'Set migration_port_min and migration_port_max in /etc/libvirt/qemu.conf, and restart libvirt.',
    );
  const busy = [...listening].filter((port) => port >= first && port <= last).length;
  const found = `${first} to ${last}, ${busy} in use${settings === null ? '; qemu.conf cannot be read, these are the defaults' : ''}`;
  if (busy === count)
    return fail(subject, found, 'Free some, or widen the range in /etc/libvirt/qemu.conf and the firewall.');
  if (settings === null) return warn(subject, found, LET_IT_READ);
  return ok(subject, found);
}

export function portRange(settings: string): PortRange {
  return {
    first: numberIn(settings, 'migration_port_min') ?? DEFAULT_FIRST,
    last: numberIn(settings, 'migration_port_max') ?? DEFAULT_LAST,
  };
}

function listeners(table: string): Set<number> {
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/));
  const ports = rows.filter((row) => row[3] === LISTEN).map((row) => row[1]?.split(':').at(-1) ?? '');
  return new Set(ports.map((port) => Number.parseInt(port, 16)));
}

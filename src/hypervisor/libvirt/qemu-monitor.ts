/** The one question that goes past libvirt to the guest's QEMU. libvirt marks the guest for it: see `askQemu` in reference-config.md. */
import { koffi } from '../../koffi';
import { type Context, checked, domainOf } from './context';
import { LIBVIRT_QEMU_DECLARATIONS } from './declarations';
import { notInstalled } from './errors';
import type { Handle } from './library';

const FILE = 'libvirt-qemu.so.0';

/** QMP; answered with `blocked-reasons` if there are any (QEMU 6.0 and newer). It changes nothing. */
const QUESTION = JSON.stringify({ execute: 'query-migrate' });

type MonitorCommand = (domain: Handle, command: string, result: (string | null)[], flags: number) => number;

let bound: MonitorCommand | undefined;

/** Once a thread, and only on one that is asked. */
function monitorCommand(): MonitorCommand {
  if (bound) return bound;
  try {
    bound = koffi.load(FILE).func(LIBVIRT_QEMU_DECLARATIONS.virDomainQemuMonitorCommand);
  } catch (cause) {
    throw notInstalled(FILE, 'libvirt0', cause);
  }
  return bound;
}

/** Why QEMU would refuse to migrate this running guest, in its own words; none if it would not. */
export function migrationBlockers(context: Context, guest: string): string[] {
  const out: (string | null)[] = [null];
  checked(context, monitorCommand()(domainOf(context, guest), QUESTION, out, 0));
  return blockersIn(out[0] ?? '');
}

/** Of the monitor's answer; anything but a list of texts is none. */
export function blockersIn(answer: string): string[] {
  const { return: said } = JSON.parse(answer) as { return?: { 'blocked-reasons'?: unknown } };
  const reasons = said?.['blocked-reasons'];
  return Array.isArray(reasons) ? reasons.filter((reason) => typeof reason === 'string') : [];
}

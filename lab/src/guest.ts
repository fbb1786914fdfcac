/** The lab's guest: what its definition looks like, how it is started, and what it says on its serial line. */
import type { Hosts } from './boot';
import type { LabHost } from './host';
import { type LuksDisk, luksXml } from './luks';
import { readTrace, type Trace } from './trace';
import { waitUntil } from './wait';

export interface GuestSpec {
  name: string;
  uuid: string;
  /** mtty devices, in the order of the XML. */
  mdevs: { uuid: string; type: MttyType }[];
  /** MiB of memory kept dirty: with a small bandwidth, a migration then stays in pre-copy. */
  dirtyMiB?: number;
  vncPassword?: string;
  /** File of a disk in a format that QEMU does not migrate. */
  vdiDisk?: string;
  /** Made, with its passphrase, on both hosts by whoever starts the guest. */
  luksDisk?: LuksDisk;
  /** Without a definition that outlives it; else persistent, and started at boot. */
  transient?: boolean;
}

/** The sample driver's types: one and two serial ports. */
export type MttyType = 'mtty-1' | 'mtty-2';

export const MTTY_PARENT = 'mtty_mtty';

export function serialLog(guest: GuestSpec): string {
  return `/var/log/guest-${guest.name}.log`;
}

export function guestXml(guest: GuestSpec): string {
  return `<domain type='qemu'>
  <name>${guest.name}</name>
  <uuid>${guest.uuid}</uuid>
  <memory unit='MiB'>128</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-10.0'>hvm</type>
    <kernel>/lab/payload.elf</kernel>
    <cmdline>period=200 dirty=${guest.dirtyMiB ?? 0}</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>
  <on_poweroff>destroy</on_poweroff>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <serial type='file'><source path='${serialLog(guest)}' append='on'/><target port='0'/></serial>
    <memballoon model='none'/>
    ${guest.vncPassword === undefined ? '' : vncXml(guest.vncPassword)}
    ${guest.vdiDisk === undefined ? '' : vdiXml(guest.vdiDisk)}
    ${guest.luksDisk === undefined ? '' : luksXml(guest.luksDisk)}
    ${guest.mdevs.map(({ uuid }) => mdevXml(uuid)).join('\n    ')}
  </devices>
</domain>
`;
}

/** Creates the guest's devices, starts it and waits until it counts. */
export async function startGuest(host: LabHost, guest: GuestSpec): Promise<void> {
  for (const { uuid, type } of guest.mdevs) await createMdev(host, uuid, type);
  if (guest.transient) {
    await host.virshXml('create', guestXml(guest));
  } else {
    await host.virshXml('define', guestXml(guest));
    await host.virsh('autostart', guest.uuid);
    await host.virsh('start', guest.uuid);
  }
  await waitUntil(`guest ${guest.name} to count on ${host.name}`, () => counts(host, guest), {
    timeoutMs: 90_000,
    onTimeout: () =>
      host.ssh(`tail -n 20 ${serialLog(guest)}; tail -n 20 /var/log/libvirt/qemu/${guest.name}.log`),
  });
}

/** The guest powers itself off: the ACPI write that an operating system ends itself with. */
export async function powerOff(host: LabHost, guest: string): Promise<void> {
  await host.virsh('qemu-monitor-command', guest, '--hmp', 'o/2h 0x604 0x2000');
}

async function counts(host: LabHost, guest: GuestSpec): Promise<boolean> {
  return ((await trace(host, guest)).last ?? 0) >= 5;
}

/** A device made by the operator, so not the product's to remove. */
export async function createMdev(host: LabHost, uuid: string, type: MttyType): Promise<void> {
  await host.virshXml(
    'nodedev-create',
    `<device><parent>${MTTY_PARENT}</parent><capability type='mdev'><type id='${type}'/><uuid>${uuid}</uuid></capability></device>`,
  );
}

export async function serialSize(host: LabHost, guest: GuestSpec): Promise<number> {
  return Number(await host.ssh(`stat -c %s ${serialLog(guest)} 2>/dev/null || echo 0`));
}

export async function serialText(host: LabHost, guest: GuestSpec, from = 0): Promise<string> {
  return host.ssh(`tail -c +${from + 1} ${serialLog(guest)} 2>/dev/null || true`);
}

/** What it has printed on host a and then on host b. Rejects if it has lost anything on its way. */
export async function unbrokenText({ a, b }: Hosts, guest: GuestSpec): Promise<string> {
  const text = (await serialText(a, guest)) + (await serialText(b, guest));
  const { faults } = readTrace(text);
  if (faults.length > 0) throw new Error(`the guest is not whole: ${faults.join('; ')}`);
  return text;
}

export async function trace(host: LabHost, guest: GuestSpec, from = 0): Promise<Trace> {
  return readTrace(await serialText(host, guest, from));
}

function vncXml(password: string): string {
  return `<graphics type='vnc' autoport='yes' listen='127.0.0.1' passwd='${password}'/><video><model type='none'/></video>`;
}

function vdiXml(file: string): string {
  return `<disk type='file' device='disk'><driver name='qemu' type='vdi'/><source file='${file}'/><target dev='vda' bus='virtio'/></disk>`;
}

function mdevXml(uuid: string): string {
  return `<hostdev mode='subsystem' type='mdev' model='vfio-pci' managed='no'><source><address uuid='${uuid}'/></source></hostdev>`;
}

/** What the hosts themselves say (virsh, sysfs, /proc): the lab's checks never ask the product. */
import type { Hosts } from './boot';
import type { LabHost } from './host';

export const LEDGER = '/var/lib/vgpu-ferry';

export interface HostMdev {
  uuid: string;
  type: string;
}

/** Active devices, from sysfs. */
export async function activeMdevs(host: LabHost): Promise<HostMdev[]> {
  const listed = await host.ssh(
    'for d in /sys/bus/mdev/devices/*; do [ -e "$d" ] && echo "$(basename $d) $(basename $(readlink $d/mdev_type))"; done; true',
  );
  return lines(listed).map((line) => {
    const [uuid = '', type = ''] = line.split(' ');
    return { uuid, type };
  });
}

/** UUIDs of devices that are defined to be started at boot, as mdevctl keeps them. */
export async function definedMdevs(host: LabHost): Promise<string[]> {
  return lines(await host.ssh('find /etc/mdevctl.d -type f -printf "%f\\n" 2>/dev/null || true'));
}

/** What the ledger holds: claims, notes of devices that we created, and quarantined ones. */
export async function ledgerFiles(host: LabHost): Promise<string[]> {
  const listed = await host.ssh(`find ${LEDGER} -type f -printf "%P\\n" 2>/dev/null || true`);
  return lines(listed).filter((file) => file !== 'lock');
}

/** mdev UUIDs of a guest's XML, in its order. */
export async function mdevsOfGuest(
  host: LabHost,
  guest: string,
  which: 'live' | 'inactive',
): Promise<string[]> {
  const xml = await host.virsh('dumpxml', ...(which === 'inactive' ? ['--inactive'] : []), guest);
  const hostdevs = xml.match(/<hostdev [^>]*type='mdev'[^]*?<\/hostdev>/g) ?? [];
  return hostdevs.flatMap((hostdev) => /<address uuid='([^']+)'/.exec(hostdev)?.[1] ?? []);
}

/** Hosts whose libvirt knows the guest, with its state there. */
export async function whereDefined(hosts: Hosts, guest: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const host of [hosts.a, hosts.b]) {
    const { code, stdout } = await host.tryVirsh('domstate', guest);
    if (code === 0) found[host.name] = stdout.trim();
  }
  return found;
}

/** Host names, one for each QEMU process of the guest; libvirt is not asked. */
export async function qemuProcesses(hosts: Hosts, guest: string): Promise<string[]> {
  const found: string[] = [];
  for (const host of [hosts.a, hosts.b]) {
    const commands = await host.ssh(
      'for p in $(pidof qemu-system-x86_64); do tr "\\0" " " <"/proc/$p/cmdline"; echo; done; true',
    );
    found.push(
      ...lines(commands)
        .filter((line) => line.includes(`-uuid ${guest}`))
        .map(() => host.name),
    );
  }
  return found;
}

export async function isAutostarted(host: LabHost, guest: string): Promise<boolean> {
  return /^Autostart:\s+enable/m.test(await host.virsh('dominfo', guest));
}

export async function vncPassword(
  host: LabHost,
  guest: string,
  which: 'live' | 'inactive',
): Promise<string | undefined> {
  const xml = await host.virsh(
    'dumpxml',
    '--security-info',
    ...(which === 'inactive' ? ['--inactive'] : []),
    guest,
  );
  return /<graphics type='vnc'[^>]*passwd='([^']*)'/.exec(xml)?.[1];
}

export async function hasJob(host: LabHost, guest: string): Promise<boolean> {
  return !/^Job type:\s+None/m.test(await host.virsh('domjobinfo', guest));
}

/** As the programs themselves say, such as 11.3.0. */
export async function programVersions(host: LabHost): Promise<Record<'libvirt' | 'qemu' | 'kernel', string>> {
  const [libvirt, qemu, kernel] = (
    await host.ssh('libvirtd --version; qemu-system-x86_64 --version | head -n 1; uname -r')
  ).split('\n');
  const number = (text = ''): string => /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? '?';
  return { libvirt: number(libvirt), qemu: number(qemu), kernel: number(kernel) };
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

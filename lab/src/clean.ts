/** Puts a host back to how it booted: no guest, no mediated device, no claim. Between scenarios. */
import type { Hosts } from './boot';
import { activeMdevs, definedMdevs, LEDGER } from './inspect';
import type { LabHost } from './host';
import { waitUntil } from './wait';

export async function cleanHosts(hosts: Hosts): Promise<void> {
  await Promise.all([cleanHost(hosts.a), cleanHost(hosts.b)]);
}

async function cleanHost(host: LabHost): Promise<void> {
  await host.ssh(`
    for guest in $(virsh -q list --all --uuid); do virsh -q destroy $guest; virsh -q undefine $guest; done >/dev/null 2>&1
    rm -f /var/log/guest-*.log
    [ -d /sys/class/mdev_bus/mtty ] || modprobe mtty`);
  await waitUntil(`the QEMU processes on ${host.name} to end`, () => noQemu(host), { timeoutMs: 30_000 });
  await removeMdevs(host);
  await host.ssh(`find ${LEDGER} -type f ! -name lock -delete 2>/dev/null || true`);
}

async function noQemu(host: LabHost): Promise<boolean> {
  return (await host.trySsh('pidof qemu-system-x86_64')).code !== 0;
}

/** With no guest running nothing can hold a device, so sysfs may be written; libvirt takes seconds for each. */
async function removeMdevs(host: LabHost): Promise<void> {
  await host.ssh(`
    for device in /sys/bus/mdev/devices/*; do [ -e "$device" ] && echo 1 >"$device/remove"; done
    find /etc/mdevctl.d -type f -delete 2>/dev/null; true`);
  await waitUntil(
    `the mediated devices on ${host.name} to go`,
    async () => (await activeMdevs(host)).length + (await definedMdevs(host)).length === 0,
    { timeoutMs: 30_000 },
  );
}

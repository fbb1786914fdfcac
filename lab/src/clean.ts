/** Puts a host back to how it booted: no guest, no mediated device, no claim. Between scenarios. */
import type { Hosts } from './boot';
import { LEDGER } from './inspect';
import type { LabHost } from './host';

export async function cleanHosts(hosts: Hosts): Promise<void> {
  await Promise.all([cleanHost(hosts.a), cleanHost(hosts.b)]);
}

/**
 * One script, because each call costs under emulation. With no guest running nothing can hold a device, so sysfs may be
 * written; libvirt would take seconds for each.
 */
const CLEAN = `
  for guest in $(virsh -q list --all --uuid); do virsh -q destroy $guest; virsh -q undefine $guest; done >/dev/null 2>&1
  until_gone() { # WHAT TEST...
    what=$1 tries=0
    shift
    while "$@" >/dev/null 2>&1; do
      [ $tries -lt 150 ] || { echo "$what did not go away" >&2; exit 1; }
      sleep 0.2
      tries=$((tries + 1))
    done
  }
  until_gone 'a QEMU process' pidof qemu-system-x86_64
  [ -d /sys/class/mdev_bus/mtty ] || modprobe mtty
  for device in /sys/bus/mdev/devices/*; do [ -e "$device" ] && echo 1 >"$device/remove"; done
  until_gone 'a mediated device' sh -c 'ls /sys/bus/mdev/devices | grep .'
  [ -d /etc/mdevctl.d ] && find /etc/mdevctl.d -type f -delete
  [ -d ${LEDGER} ] && find ${LEDGER} -type f ! -name lock -delete
  rm -f /var/log/guest-*.log`;

async function cleanHost(host: LabHost): Promise<void> {
  await host.ssh(CLEAN);
}

/** Starts the two hosts' QEMU processes. Always software emulation: the lab has to run where there is no KVM. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CAPTURE } from './capture';
import { atExit } from './exit';
import { EndedWhileBooting, LabHost, type HostRecord } from './host';
import { freeTcpPorts, freeUdpPorts } from './ports';
import { run } from './shell';

export interface BootInputs {
  folder: string;
  image: string;
  /** Read-only disk with the product, or its package. */
  appDisk: string;
}

export interface Hosts {
  a: LabHost;
  b: LabHost;
}

const MEMORY_MIB = 1024;
const CPUS = 2;
const KERNEL_ARGUMENTS =
  'console=ttyS0 quiet loglevel=5 mitigations=off nokaslr net.ifnames=0 tsc=reliable random.trust_cpu=on panic=-1';
const ATTEMPTS = 3;

/** A port that was free may be taken before QEMU binds it: then all is tried again with new ones. */
export async function bootHosts(inputs: BootInputs): Promise<Hosts> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await bootOnce(inputs);
    } catch (error) {
      if (attempt === ATTEMPTS || !/host forwarding rule|bind|in use/i.test(String(error))) throw error;
    }
  }
}

async function bootOnce(inputs: BootInputs): Promise<Hosts> {
  const [sshA = 0, libvirtA = 0, sshB = 0, libvirtB = 0] = await freeTcpPorts(4);
  const [linkA = 0, linkB = 0] = await freeUdpPorts(2);
  const a = await boot({ ...inputs, number: 1, ssh: sshA, libvirt: libvirtA, link: linkA, peerLink: linkB });
  try {
    const b = await boot({
      ...inputs,
      number: 2,
      ssh: sshB,
      libvirt: libvirtB,
      link: linkB,
      peerLink: linkA,
    });
    return { a, b };
  } catch (error) {
    await a.stop();
    throw error;
  }
}

/**
 * Boots both and waits until they answer. A kernel that panics while it boots, which software emulation makes it do now and
 * then (seen), is booted again.
 */
export async function bootReadyHosts(inputs: BootInputs): Promise<Hosts> {
  for (let attempt = 1; ; attempt++) {
    const { a, b } = await bootHosts(inputs);
    const forget = atExit(() => [a, b].forEach((host) => host.stopNow()));
    try {
      await Promise.all([a.waitReady(), b.waitReady()]);
      return { a, b };
    } catch (error) {
      await Promise.all([a.stop(), b.stop()]);
      if (attempt === ATTEMPTS || !(error instanceof EndedWhileBooting)) throw error;
      console.error(`lab: ${error.message}\nlab: both hosts are booted again`);
    } finally {
      forget();
    }
  }
}

interface HostBoot extends BootInputs {
  number: 1 | 2;
  ssh: number;
  libvirt: number;
  /** UDP ports of the network between the hosts. */
  link: number;
  peerLink: number;
}

async function boot(host: HostBoot): Promise<LabHost> {
  const name = host.number === 1 ? 'host-a' : 'host-b';
  const pidFile = join(host.folder, `${name}.pid`);
  const record: HostRecord = {
    ...{ name, ip: `192.168.77.${host.number}`, folder: host.folder, image: host.image },
    ...{ pid: 0, sshPid: 0, sshPort: host.ssh, libvirtPort: host.libvirt },
  };
  const { code, stderr } = await run('qemu-system-x86_64', qemuArguments(host, new LabHost(record), pidFile));
  if (code !== 0) throw new Error(`QEMU could not start ${name}: ${stderr.trim()}`);
  return new LabHost({ ...record, pid: Number(await readFile(pidFile, 'utf8')) });
}

function qemuArguments(host: HostBoot, lab: LabHost, pidFile: string): string[] {
  const forward = (port: number, inside: number) => `hostfwd=tcp:127.0.0.1:${port}-:${inside}`;
  return [
    ...['-name', lab.name, '-uuid', `0000000${host.number}-1ab0-4000-8000-00000000000${host.number}`],
    ...['-machine', 'q35', '-accel', 'tcg,thread=multi,tb-size=256', '-cpu', 'max,la57=off'],
    ...['-m', String(MEMORY_MIB), '-smp', String(CPUS), '-nodefaults', '-no-user-config', '-display', 'none'],
    ...['-no-reboot', '-daemonize', '-pidfile', pidFile, '-serial', `file:${lab.consoleFile()}`],
    ...['-kernel', join(host.image, 'vmlinuz'), '-initrd', join(host.image, 'initrd.img')],
    ...['-append', `${KERNEL_ARGUMENTS} lab.name=${lab.name} lab.ip=${lab.record.ip}`],
    ...disk('root', `${join(host.image, 'root.raw')},snapshot=on`),
    ...disk('app', `${host.appDisk},read-only=on`),
    ...['-netdev', `user,id=outside,${forward(host.ssh, 22)},${forward(host.libvirt, 16509)}`],
    ...['-device', `virtio-net-pci,netdev=outside,romfile=,mac=52:54:00:00:01:0${host.number}`],
    ...['-netdev', `socket,id=between,udp=127.0.0.1:${host.peerLink},localaddr=127.0.0.1:${host.link}`],
    ...['-device', `virtio-net-pci,netdev=between,romfile=,mac=52:54:00:00:02:0${host.number}`],
    ...['-qmp', `unix:${lab.qmpSocket()},server=on,wait=off`],
    ...['-object', `filter-dump,id=${CAPTURE},netdev=between,file=${lab.captureFile()},status=off`],
  ];
}

function disk(id: string, source: string): string[] {
  return ['-drive', `if=none,id=${id},format=raw,file=${source}`, '-device', `virtio-blk-pci,drive=${id}`];
}

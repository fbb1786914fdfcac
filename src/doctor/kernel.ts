/** What the kernel and the host's programs bring for mediated devices. */
import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Finding, fail, ok, warn } from './finding';

export interface KernelPlaces {
  /** In place of `/`; for tests. */
  root: string;
  /** `uname -r`. */
  release: string;
  /** Folders of PATH and those of the system, where libvirt's daemon looks for `mdevctl`. */
  programs: readonly string[];
}

const MODULES = [
  {
    module: 'mdev',
    fix: "Load the driver of the GPU that makes mediated devices (it brings mdev with it), or 'modprobe mdev' to see what the kernel says.",
  },
  { module: 'vfio', fix: "Load it: 'modprobe vfio'. A kernel without it has to be replaced." },
] as const;

export async function lookAtKernel(places: KernelPlaces): Promise<Finding[]> {
  const builtIn = await builtInModules(places);
  const modules = MODULES.map(async ({ module, fix }) => {
    const subject = `kernel module ${module}`;
    if (builtIn.has(module)) return ok(subject, 'built in');
    return (await exists(places.root, 'sys/module', module))
      ? ok(subject, 'loaded')
      : fail(subject, 'not loaded', fix);
  });
  return Promise.all([...modules, kvm(places), mdevctl(places)]);
}

async function builtInModules({ root, release }: KernelPlaces): Promise<Set<string>> {
  const list = path.join(root, 'lib/modules', release, 'modules.builtin');
  const text = await readFile(list, 'utf8').catch(() => '');
  return new Set(text.split('\n').map((line) => path.basename(line, '.ko')));
}

async function kvm({ root }: KernelPlaces): Promise<Finding> {
  const subject = '/dev/kvm';
  if (await exists(root, 'dev/kvm')) return ok(subject, 'there');
  return warn(
    subject,
    'missing: guests are emulated, and slow',
    'Switch on virtualization in the firmware, and load kvm_intel or kvm_amd. A nested host needs it from its own.',
  );
}

async function mdevctl({ root, programs }: KernelPlaces): Promise<Finding> {
  const subject = 'mdevctl';
  for (const folder of programs)
    if (await exists(root, folder, 'mdevctl')) return ok(subject, path.join(folder, 'mdevctl'));
  return fail(
    subject,
    'not in PATH, /usr/sbin or /sbin; libvirt makes mediated devices by it',
    'Install the package mdevctl, and restart libvirt.',
  );
}

function exists(...parts: string[]): Promise<boolean> {
  return access(path.join(...parts)).then(
    () => true,
    () => false,
  );
}

/** Two hosts that boot systemd, with a disk that has the Debian package; Temporal and an orchestrator outside. */
import { rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { OUTSIDE, bootReadyHosts } from '../src/boot';
import { atExit } from '../src/exit';
import type { HostRecord } from '../src/host';
import { REPOSITORY, hostImage } from '../src/image';
import { must } from '../src/shell';
import { LabTemporal } from '../src/temporal';
import { PackagedHost } from './host';
import { type Packages, buildPackages } from './packages';

/** On the disk that the hosts mount at /mnt. */
export const PACKAGE = { before: '/mnt/before.deb', now: '/mnt/now.deb' };

const BUILD_LIMIT_MS = 10 * 60_000;

/** What the tests know of it. */
export interface PackagedHosts {
  a: PackagedHost;
  b: PackagedHost;
  folder: string;
  /** Of Temporal, from outside. */
  address: string;
  /** The same, from the hosts. */
  addressInside: string;
  packages: Packages;
}

export interface PackagedLab extends PackagedHosts {
  end(): Promise<void>;
}

/** Only the environment passes from jest's setup to its tests. */
const STATE = 'VGPU_FERRY_PACKAGED_LAB';

type State = Pick<PackagedHosts, 'folder' | 'address' | 'addressInside' | 'packages'> & {
  hosts: Record<'a' | 'b', HostRecord>;
};

export function publish({ a, b, folder, address, addressInside, packages }: PackagedLab): void {
  const state: State = { folder, address, addressInside, packages, hosts: { a: a.record, b: b.record } };
  process.env[STATE] = JSON.stringify(state);
}

export function packagedHosts(): PackagedHosts {
  const state = process.env[STATE];
  if (state === undefined) throw new Error('no lab: run these tests by "npm run lab:packaged"');
  const { hosts, ...rest } = JSON.parse(state) as State;
  return { ...rest, a: new PackagedHost(hosts.a), b: new PackagedHost(hosts.b) };
}

export async function startPackagedLab(): Promise<PackagedLab> {
  const folder = await mkdtemp(join(tmpdir(), 'vgpu-ferry-lab-'));
  const image = await hostImage('packaged');
  const packages = await buildPackages(folder);
  const appDisk = await packageDisk(folder, packages);
  const ends: (() => Promise<void>)[] = [];
  const endsNow: (() => void)[] = [];
  const forget = atExit(() => {
    for (const endNow of endsNow) endNow();
    rmSync(folder, { recursive: true, force: true });
  });
  const end = async (): Promise<void> => {
    await Promise.allSettled(ends.map((each) => each()));
    await rm(folder, { recursive: true, force: true });
    forget();
  };
  try {
    const booted = await bootReadyHosts({ folder, image, appDisk });
    const [a, b] = [new PackagedHost(booted.a.record), new PackagedHost(booted.b.record)];
    endsNow.push(
      () => a.stopNow(),
      () => b.stopNow(),
    );
    ends.push(
      () => a.stop(),
      () => b.stop(),
    );
    const temporal = await LabTemporal.start({ folder });
    ends.unshift(() => temporal.stop());
    endsNow.unshift(() => temporal.stopNow());
    const { address, port } = temporal;
    return { a, b, folder, address, addressInside: `${OUTSIDE}:${port}`, packages, end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function packageDisk(folder: string, packages: Packages): Promise<string> {
  const content = join(folder, 'package');
  const disk = join(folder, 'package.raw');
  await mkdir(content);
  for (const which of ['before', 'now'] as const)
    await copyFile(packages[which].file, join(content, basename(PACKAGE[which])));
  await must(join(REPOSITORY, 'lab/image/app-disk.sh'), [content, disk], { timeoutMs: BUILD_LIMIT_MS });
  return disk;
}

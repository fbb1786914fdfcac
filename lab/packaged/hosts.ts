/** Two hosts that boot systemd, with a disk that has the Debian package; Temporal and an orchestrator outside. */
import { rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootReadyHosts } from '../src/boot';
import { atExit } from '../src/exit';
import type { HostRecord } from '../src/host';
import { REPOSITORY, hostImage } from '../src/image';
import { LabOrchestrator } from '../src/orchestrator';
import { must } from '../src/shell';
import { LabTemporal } from '../src/temporal';
import { PackagedHost } from './host';

/** On the disk that the hosts mount at /mnt. */
export const PACKAGE = '/mnt/vgpu-ferry.deb';

const BUILD_LIMIT_MS = 10 * 60_000;
/** QEMU's user network shows the outside machine's loopback to the hosts under this address. */
const OUTSIDE = '10.0.2.2';

/** What the tests know of it. */
export interface PackagedHosts {
  a: PackagedHost;
  b: PackagedHost;
  folder: string;
  /** Of Temporal, from outside. */
  address: string;
  /** The same, from the hosts. */
  addressInside: string;
}

export interface PackagedLab extends PackagedHosts {
  end(): Promise<void>;
}

/** Only the environment passes from jest's setup to its tests. */
const STATE = 'VGPU_FERRY_PACKAGED_LAB';

type State = Pick<PackagedHosts, 'folder' | 'address' | 'addressInside'> & {
  hosts: Record<'a' | 'b', HostRecord>;
};

export function publish({ a, b, folder, address, addressInside }: PackagedLab): void {
  const state: State = { folder, address, addressInside, hosts: { a: a.record, b: b.record } };
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
  const [image, appDisk] = [await hostImage('packaged'), await packageDisk(folder)];
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
    const orchestrator = new LabOrchestrator({ folder }, temporal.address);
    await orchestrator.start();
    ends.unshift(() => orchestrator.stop());
    endsNow.unshift(() => orchestrator.stopNow());
    await orchestrator.ready();
    const { address, port } = temporal;
    return { a, b, folder, address, addressInside: `${OUTSIDE}:${port}`, end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function packageDisk(folder: string): Promise<string> {
  const printed = await must(join(REPOSITORY, 'packaging/build-deb.sh'), [], { timeoutMs: BUILD_LIMIT_MS });
  const file = printed.trim().split('\n').at(-1)!;
  const content = join(folder, 'package');
  const disk = join(folder, 'package.raw');
  await mkdir(content);
  await copyFile(join(REPOSITORY, file), join(content, 'vgpu-ferry.deb'));
  await must(join(REPOSITORY, 'lab/image/app-disk.sh'), [content, disk], { timeoutMs: BUILD_LIMIT_MS });
  return disk;
}

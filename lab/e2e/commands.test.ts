/** The commands that look, on real hosts: what they say is held against what virsh and the hosts say. They touch nothing. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { DryRun, GuestSummary, HostInventory, LedgerRecord } from '../../src/contract';
import { cleanHosts } from '../src/clean';
import { startGuest, type GuestSpec } from '../src/guest';
import type { LabHost } from '../src/host';
import { REPOSITORY } from '../src/image';
import { activeMdevs, ledgerFiles, whereDefined } from '../src/inspect';
import type { Lab } from '../src/lab';
import { sharedLab } from '../src/session';
import { type Ran, run } from '../src/shell';
import { waitUntil } from '../src/wait';

/** A migration among emulated hosts. */
const COMMAND_LIMIT_MS = 240_000;

const guest: GuestSpec = {
  name: 'asked',
  uuid: randomUUID(),
  mdevs: [{ uuid: randomUUID(), type: 'mtty-2' }],
  vncPassword: 'sesame42',
};

let lab: Lab;
let address: string;

beforeAll(async () => {
  ({ lab, address } = await sharedLab());
  await cleanHosts(lab.hosts);
  await startGuest(lab.a, guest);
});

function vgpuFerry(...args: string[]): Promise<Ran> {
  const program = join(REPOSITORY, 'dist', 'src', 'cli', 'main.js');
  const env = { TEMPORAL_ADDRESS: address };
  return run(process.execPath, [program, ...args], { env, timeoutMs: COMMAND_LIMIT_MS });
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await vgpuFerry(...args, '--json');
  if (code !== 0) throw new Error(`vgpu-ferry ${args.join(' ')}: status ${code}\n${stdout}${stderr}`);
  return JSON.parse(stdout) as T;
}

/** 11003000 for "11.3.0", as virsh says of the daemon: its own library is this machine's. */
async function libvirtVersion(host: LabHost): Promise<number> {
  const [, major, minor, release] = /Running against daemon: (\d+)\.(\d+)\.(\d+)/.exec(
    await host.virsh('version', '--daemon'),
  )!;
  return Number(major) * 1_000_000 + Number(minor) * 1_000 + Number(release);
}

test('hosts: both answer, with the versions that they have, and the device that the guest uses', async () => {
  const hosts = await json<{ host: string; answers: boolean; inventory: HostInventory }[]>('hosts');
  expect(hosts.map(({ host, answers }) => [host, answers]).sort()).toEqual([
    [lab.a.name, true],
    [lab.b.name, true],
  ]);
  for (const host of [lab.a, lab.b]) {
    const { inventory } = hosts.find((one) => one.host === host.name)!;
    expect(inventory.versions.libvirt).toBe(await libvirtVersion(host));
    expect(inventory.versions.kernel).toBe((await host.ssh('uname -r')).trim());
    const type = inventory.types.find((one) => one.type === 'mtty-2')!;
    expect(type.used).toBe(host.name === lab.a.name ? 1 : 0);
    expect(type.creatable).toBeGreaterThan(0);
  }
});

test('guests: the one that runs, with its device; claims: nothing is held', async () => {
  const { guests } = await json<{ guests: (GuestSummary & { host: string })[] }>('guests');
  expect(guests).toEqual([
    expect.objectContaining({
      host: lab.a.name,
      uuid: guest.uuid,
      name: guest.name,
      running: true,
      mdevs: guest.mdevs,
    }),
  ]);
  expect(await json('claims')).toEqual({ records: [], unanswered: [] });
});

test('a dry run makes all checks, and leaves both hosts as they were', async () => {
  const way = ['migrate', guest.name, '--from', lab.a.name, '--to', lab.b.name, '--dry-run'];
  const report = await json<DryRun>(...way);
  expect(report).toMatchObject({ guest: guest.uuid, ready: true, failed: [], devices: guest.mdevs });
  expect(report.planned).toEqual([
    expect.objectContaining({ type: 'mtty-2', source: guest.mdevs[0]!.uuid, target: null }),
  ]);
  expect(await whereDefined(lab.hosts, guest.uuid)).toEqual({ [lab.a.name]: 'running' });
  expect(await activeMdevs(lab.b)).toEqual([]);
  expect(await ledgerFiles(lab.b)).toEqual([]);
});

test('a dry run to where it already runs is refused, with the reason', async () => {
  const { code, stderr } = await vgpuFerry(
    'migrate',
    guest.name,
    '--from',
    lab.b.name,
    '--to',
    lab.a.name,
    '--dry-run',
  );
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(lab.b.name) });
});

test('migrate moves it by its name; list and report tell of it afterwards', async () => {
  const moved = await json<{ result: { runsOn: string } }>(
    'migrate',
    guest.name,
    '--from',
    lab.a.name,
    '--to',
    lab.b.name,
  );
  expect(moved.result.runsOn).toBe(lab.b.name);
  expect(await whereDefined(lab.hosts, guest.uuid)).toEqual({ [lab.b.name]: 'running' });

  await waitUntil(
    'the list to tell of its end',
    async () => {
      const filter = ['--from', lab.a.name, '--outcome', 'completed'];
      const listed = await json<{ guest: string; status: string }[]>('list', ...filter);
      return listed.some((one) => one.guest === guest.uuid && one.status === 'COMPLETED');
    },
    { timeoutMs: 30_000 },
  );

  const story = await json<{ outcome: string; guestName: string; devices: { source: string }[] }>(
    'report',
    guest.uuid,
  );
  expect(story).toMatchObject({ outcome: 'done', guestName: guest.name });
  expect(story.devices.map(({ source }) => source)).toEqual(guest.mdevs.map(({ uuid }) => uuid));

  const { records } = await json<{ records: LedgerRecord[] }>('claims', lab.b.name);
  expect(records.map(({ kind, guest: of }) => [kind, of])).toEqual([['created', guest.uuid]]);
});

test('a sweep finds nothing to do', async () => {
  const report = await json<{ attention: unknown[] }>('reconcile', lab.b.name);
  expect(report.attention).toEqual([]);
  expect(await whereDefined(lab.hosts, guest.uuid)).toEqual({ [lab.b.name]: 'running' });
});

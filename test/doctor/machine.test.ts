/** What the doctor says of kernels, devices, ports, clocks and folders: a row a case. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { judgeClock, lookAtClock } from '../../src/doctor/clock';
import { judgeDevices } from '../../src/doctor/devices';
import { lookAtKernel } from '../../src/doctor/kernel';
import { judgePorts, lookAtPorts } from '../../src/doctor/ports';
import { type StateFolder, judgeStateFolder, lookAtStateFolder } from '../../src/doctor/state-folder';

let root: string;
beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'vgpu-ferry-doctor-'))));
afterEach(() => rm(root, { recursive: true }));

async function put(place: string, text = ''): Promise<void> {
  await mkdir(dirname(join(root, place)), { recursive: true });
  await writeFile(join(root, place), text);
}

describe('kernel and programs', () => {
  const look = async (): Promise<string[]> =>
    (await lookAtKernel({ root, release: '6.12.1', programs: ['/usr/bin', '/usr/sbin'] })).map(
      ({ subject, verdict, found }) => `${verdict} ${subject}: ${found}`,
    );

  test('all there: loaded, built in', async () => {
    await put('sys/module/mdev/refcnt');
    await put('lib/modules/6.12.1/modules.builtin', 'kernel/drivers/vfio/vfio.ko\nkernel/fs/ext4/ext4.ko\n');
    await put('dev/kvm');
    await put('usr/sbin/mdevctl');
    expect(await look()).toEqual([
      'ok kernel module mdev: loaded',
      'ok kernel module vfio: built in',
      'ok /dev/kvm: there',
      'ok mdevctl: /usr/sbin/mdevctl',
    ]);
  });

  test('nothing there', async () => {
    expect(await look()).toEqual([
      'fail kernel module mdev: not loaded',
      'fail kernel module vfio: not loaded',
      'warn /dev/kvm: missing: guests are emulated, and slow',
      'fail mdevctl: not in PATH, /usr/sbin or /sbin; libvirt makes mediated devices by it',
    ]);
  });
});

describe('devices', () => {
  const offer = (type: string, parent = 'pci_0000_41_00_0') => ({
    ...{ type, parent, name: null, availableInstances: 3 },
  });

  test('none', () => expect(judgeDevices([], '6.12.0')).toMatchObject([{ verdict: 'fail' }]));

  test.each([
    ['nvidia-471', '5.18.0', 'ok'],
    ['mtty-2', '6.7.0-1-amd64', 'ok'],
    ['mtty-2', '6.6.99', 'warn'],
    ['i915-GVTg_V5_4', '6.12.0', 'warn'],
    ['vfio_ap-passthrough', '6.12.0', 'warn'],
    ['vfio_ccw-io', '6.12.0', 'warn'],
    ['acme-1', '6.12.0', 'warn'],
  ])('%s on Linux %s: %s', (type, kernel, verdict) => {
    expect(judgeDevices([offer(type)], kernel)).toMatchObject([
      { verdict, found: expect.stringContaining(`${type} (3 can be made)`) },
    ]);
  });

  test('each parent has a line, with all of its types', () => {
    const found = judgeDevices(
      [offer('mtty-1', 'b'), offer('nvidia-1', 'a'), offer('mtty-2', 'b')],
      '6.12.0',
    );
    expect(found.map(({ subject }) => subject)).toEqual(['parent a', 'parent b']);
    expect(found[1]!.found).toMatch(/^mtty-1 .*, mtty-2 .*;/);
  });
});

describe('migration ports', () => {
  test.each<[string, string | null, number[], string, string]>([
    ['defaults', '# migration_port_min = 1\n', [], 'ok', '49152 to 49215, 0 in use'],
    ['set', 'migration_port_min = 100\n migration_port_max=102\n', [101, 500], 'ok', '100 to 102, 1 in use'],
    ['all in use', 'migration_port_min = 7\nmigration_port_max = 8', [7, 8], 'fail', '7 to 8, 2 in use'],
    ['the wrong way round', 'migration_port_max = 8', [], 'fail', 'qemu.conf says 49152 to 8'],
    [
      'unreadable',
      null,
      [],
      'warn',
      '49152 to 49215, 0 in use; qemu.conf cannot be read, these are the defaults',
    ],
  ])('%s', (_what, settings, listening, verdict, found) =>
    expect(judgePorts(settings, new Set(listening))).toMatchObject({ verdict, found }),
  );

  test("the kernel's tables are read: listening sockets of both families, no others", async () => {
    await put('etc/libvirt/qemu.conf', 'migration_port_max = 49154\n');
    const head = '  sl  local_address rem_address   st\n';
    await put(
      'proc/net/tcp',
      `${head}   0: 0100007F:C000 00000000:0000 0A\n   1: 0100007F:C002 0100007F:C000 01\n`,
    );
    await put('proc/net/tcp6', `${head}   0: 00000000000000000000000000000000:C001 0:0 0A\n`);
    expect(await lookAtPorts(root)).toMatchObject([{ found: '49152 to 49154, 2 in use' }]);
  });
});

describe('clock', () => {
  test.each([
    [0, 'ok'],
    [1, 'ok'],
    [5, 'warn'],
    [-1, 'warn'],
  ])('state %i: %s', (state, verdict) => expect(judgeClock(state).verdict).toBe(verdict));

  (process.platform === 'linux' ? test : test.skip)('the kernel is asked (Linux only)', async () => {
    expect(await lookAtClock()).toMatchObject([
      { subject: 'clock', verdict: expect.stringMatching(/ok|warn/) },
    ]);
  });
});

describe('the folder of the ledger', () => {
  const good: StateFolder = { type: 0xef53, free: 2 ** 40, mode: 0o40700, writable: true, exists: true };
  test.each<[string, Partial<StateFolder>, string, string]>([
    ['good', {}, 'ok', 'ok'],
    ['not there yet', { exists: false, mode: 0o40755 }, 'ok', 'ok'],
    ['not writable', { writable: false }, 'fail', 'ok'],
    ['writable by the group', { mode: 0o40770 }, 'fail', 'ok'],
    ['readable by all', { mode: 0o40755 }, 'ok', 'ok'],
    ['on NFS', { type: 0x6969 }, 'ok', 'fail'],
    ['on tmpfs', { type: 0x01021994 }, 'ok', 'fail'],
    ['on a nearly full disk', { free: 2 * 2 ** 20 }, 'ok', 'warn'],
    ['on a full disk', { free: 1000 }, 'ok', 'fail'],
  ])('%s', (_what, change, access, disk) =>
    expect(judgeStateFolder('/s', { ...good, ...change }).map(({ verdict }) => verdict)).toEqual([
      access,
      disk,
    ]),
  );

  test('one that is not there is judged by what it would stand in, and is not made', async () => {
    const folder = join(root, 'not', 'there');
    const [access] = await lookAtStateFolder(folder);
    expect(access).toMatchObject({ verdict: 'ok', found: 'not there yet; the agent makes it' });
    await expect(lookAtStateFolder(root)).resolves.toMatchObject([
      { found: 'writable, by its owner alone' },
      {},
    ]);
  });
});

/** A fleet in a file belongs to all processes that open it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLAIN_CHANNEL } from '../../../src/hypervisor/port';
import {
  createSimulatedHypervisor,
  emptyFleet,
  fileStore,
  FleetControl,
  openFileStore,
  RealClock,
  SAMPLE_GPU,
  SAMPLE_GUEST,
  SAMPLE_TYPE,
  sampleFleet,
} from '../../../src/hypervisor/simulated';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet-file-'));
  path = join(folder, 'fleet.json');
});
afterEach(() => rm(folder, { recursive: true }));

function contender(...args: string[]): ChildProcess {
  const register = require.resolve('../../claims/register-ts.js');
  return spawn(process.execPath, ['-r', register, join(__dirname, 'file-store-contender.ts'), ...args], {
    stdio: 'inherit',
  });
}

test('no change of two processes and two openers is lost', async () => {
  const one = await openFileStore(path, () => emptyFleet(0));
  const two = await openFileStore(path, () => emptyFleet(1_000_000));
  const others = [contender('add', path, '100'), contender('add', path, '100')];
  for (let i = 0; i < 100; i++)
    await Promise.all([one.update((fleet) => fleet.revision++), two.update((fleet) => fleet.revision++)]);
  for (const other of others) expect(other.exitCode ?? (await once(other, 'exit'))[0]).toBe(0);
  expect(await one.update(({ revision, now }) => [revision, now])).toEqual([400, 0]);
});

test('what did not change is not written, and only its owner can read it', async () => {
  const store = await openFileStore(path, () => emptyFleet(0));
  const before = await stat(path);
  await store.update((fleet) => fleet.now++);
  expect((await stat(path)).ino).toBe(before.ino);
  expect(before.mode & 0o777).toBe(0o600);
});

test("one opener hears of another's change", async () => {
  const store = await openFileStore(path, () => emptyFleet(0));
  const heard = new Promise<void>((resolve) => {
    const stop = store.onChange(() => {
      stop();
      resolve();
    });
  });
  await fileStore(path).update((fleet) => fleet.revision++);
  await heard;
});

test('a migration goes on when the process that started it is killed', async () => {
  const access = {
    store: await openFileStore(path, () =>
      sampleFleet(Date.now(), { prepareMs: 800, linkBytesPerSec: 8 * 2 ** 30 }),
    ),
    clock: new RealClock(),
  };
  const control = new FleetControl(access);
  const a = createSimulatedHypervisor({ ...access, host: 'host-a' });
  const b = createSimulatedHypervisor({ ...access, host: 'host-b' });
  let xml = await a.domainXml(SAMPLE_GUEST.uuid, 'migratable');
  for (const { uuid } of await control.mdevs('host-a')) {
    const target = uuid.replace(/^.{8}/, '00000000');
    await b.createMdev({ uuid: target, type: SAMPLE_TYPE, parent: SAMPLE_GPU, persistent: false });
    xml = xml.replaceAll(uuid, target);
  }
  const request = {
    targetUri: 'sim://host-b/system',
    destXml: xml,
    persistXml: xml,
    maxDowntimeMs: 0, // not before it is told so below, however long that takes
    bandwidthMiBps: 0,
    startPaused: false,
    channel: PLAIN_CHANNEL,
  };
  const starter = contender('migrate', path, JSON.stringify(request));
  await control.untilMigrating(SAMPLE_GUEST.uuid);
  starter.kill('SIGKILL');
  await once(starter, 'exit');
  expect(await control.runningCopies(SAMPLE_GUEST.uuid)).toEqual(['host-a']);
  await a.setMaxDowntime(SAMPLE_GUEST.uuid, 300);
  await control.until((fleet) => fleet.jobs.every(({ step }) => step === 'ended'));
  expect(await control.runningCopies(SAMPLE_GUEST.uuid)).toEqual(['host-b']);
  // An ended job keeps nothing that a guest's XML holds.
  expect((JSON.parse(await readFile(path, 'utf8')) as { jobs: unknown[] }).jobs).toMatchObject([
    { request: null, error: null },
  ]);
});

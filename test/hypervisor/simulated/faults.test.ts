/** Faults at calls, and faults drawn from a seed. */
import {
  drawFaults,
  FAULT_PHASES,
  SAMPLE_GPU,
  SAMPLE_TYPE,
  seededRandom,
} from '../../../src/hypervisor/simulated';
import { failureOf, makeRig } from './rig';

const DEVICE = {
  uuid: '9f3a5a1e-52c1-4e59-8a53-0c5bb5c0f8a1',
  type: SAMPLE_TYPE,
  parent: SAMPLE_GPU,
  persistent: false,
};
const ERROR = { kind: 'call-error', code: 38, domain: 7, text: 'End of file while reading data' } as const;

test.each([
  ['none', false],
  ['done', true],
] as const)('a call that fails with effect %s', async (effect, created) => {
  const { control, b } = await makeRig({ mdevs: 0 });
  await control.arm([{ ...ERROR, call: 'createMdev', host: 'host-b', effect }]);
  expect(await failureOf(b.createMdev(DEVICE))).toMatchObject({ code: 38, domain: 7, connectionLost: true });
  expect((await control.mdevs('host-b')).length).toBe(created ? 1 : 0);
  // It strikes once.
  expect((await failureOf(b.createMdev(DEVICE))) === undefined).toBe(!created);
});

test('a fault waits for its own host and call', async () => {
  const { control, a, b } = await makeRig({ mdevs: 0 });
  await control.arm([{ ...ERROR, call: 'createMdev', host: 'host-b', effect: 'none' }]);
  await a.createMdev(DEVICE);
  await b.listMdevs();
  expect(await control.firedFaults()).toEqual([]);
});

test('one that was disarmed does not strike, and does not count as fired', async () => {
  const { control, b } = await makeRig({ mdevs: 0 });
  await control.arm([{ ...ERROR, call: 'createMdev', host: 'host-b', effect: 'none' }]);
  await control.disarm();
  await b.createMdev(DEVICE);
  expect(await control.firedFaults()).toEqual([]);
});

test("a fault for one guest spares another's migration", async () => {
  const { clock, control, startMigration } = await makeRig();
  await control.arm([{ phase: 'perform', guest: DEVICE.uuid, kind: 'kill-qemu', on: 'target' }]);
  const { failure } = await startMigration();
  clock.advance(10_000);
  expect(await failure).toBeUndefined();
});

test('a slow answer to migrate does not hold up the job', async () => {
  const { clock, control, a, b, guest, request } = await makeRig();
  await control.arm([{ call: 'migrate', host: 'host-a', effect: 'done', kind: 'call-delay', ms: 5_000 }]);
  const call = failureOf(a.migrate(guest, request));
  await control.untilMigrating(guest);
  clock.advance(3_000);
  expect(await b.observe(guest)).toMatchObject({ state: 'running' });
  const late = await Promise.race([call, new Promise((resolve) => setImmediate(resolve, 'still out'))]);
  expect(late).toBe('still out');
  clock.advance(5_000);
  expect(await call).toBeUndefined();
});

test('a daemon can die of a call', async () => {
  const { clock, control, b } = await makeRig({ mdevs: 0 });
  await control.arm([
    { call: 'createMdev', host: 'host-b', effect: 'done', kind: 'kill-libvirtd', restartAfterMs: 2_000 },
  ]);
  expect(await failureOf(b.createMdev(DEVICE))).toMatchObject({ code: 38, domain: 7 });
  expect(await failureOf(b.listMdevs())).toMatchObject({ connectionLost: true });
  clock.advance(2_000);
  expect((await b.listMdevs()).map(({ uuid }) => uuid)).toEqual([DEVICE.uuid]);
});

test('the same seed draws the same faults, another seed others', () => {
  const draw = (seed: number) => drawFaults({ seed, hosts: ['host-a', 'host-b'], count: 50 });
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
});

test('draws reach every phase and kind', () => {
  const faults = drawFaults({ seed: 1, hosts: ['host-a', 'host-b'], count: 500 });
  const phases = new Set(faults.flatMap((fault) => ('phase' in fault ? [fault.phase] : [])));
  expect(phases).toEqual(new Set(FAULT_PHASES));
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(
    new Set(['kill-libvirtd', 'kill-qemu', 'link-down', 'call-error', 'call-delay']),
  );
});

test('the generator is mulberry32', () => {
  const random = seededRandom(42);
  expect([random(), random(), random()].map((n) => n.toFixed(6))).toEqual([
    '0.601104',
    '0.448291',
    '0.852466',
  ]);
});

test('no drawn faults ever run a fenced guest twice before somebody resumes it', async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const { clock, control, startMigration } = await makeRig();
    await control.arm(drawFaults({ seed, hosts: [], count: 3 }).filter((fault) => 'phase' in fault));
    await startMigration({ startPaused: true });
    clock.advance(300_000);
    expect({ seed, twice: await control.doubleRuns() }).toEqual({ seed, twice: [] });
  }
});

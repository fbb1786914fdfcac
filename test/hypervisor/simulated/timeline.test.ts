/** Fleet time: a job follows its plan whoever looks, and whether anybody does. */
import { driveTo, failureOf, makeRig } from './rig';

test('a job outlives the client that started it', async () => {
  const { clock, a, b, guest, startMigration } = await makeRig();
  const { failure } = await startMigration();
  await a.close();
  expect(await failure).toMatchObject({ connectionLost: true });
  clock.advance(10_000);
  expect(await b.observe(guest)).toEqual({
    state: 'running',
    reason: 'migrated',
    job: 'none',
    persistent: true,
  });
});

test('the phases come at their times', async () => {
  // 2 GiB over 1.5 GiB/s after half a second of preparation.
  const { clock, a, b, guest, startMigration } = await makeRig();
  const { failure } = await startMigration();
  expect(await b.observe(guest)).toMatchObject({ state: 'paused', reason: 'migration', job: 'incoming' });
  expect((await a.jobStats(guest))?.memProcessed).toBe(0);
  clock.advance(500 + 1_000);
  expect(await a.jobStats(guest)).toMatchObject({
    memProcessed: 1.5 * 2 ** 30,
    memRemaining: 0.5 * 2 ** 30,
    iteration: 1,
  });
  expect(await a.observe(guest)).toMatchObject({ state: 'running' });
  clock.advance(350);
  expect(await a.observe(guest)).toMatchObject({ state: 'paused', reason: 'migration', job: 'outgoing' });
  clock.advance(200);
  expect(await failure).toBeUndefined();
  expect(await b.completedJobStats(guest)).toMatchObject({
    kind: 'incoming',
    memRemaining: 0,
    downtimeMs: 120,
    memBps: 1.5 * 2 ** 30,
  });
});

test('one long look shows the same as many short ones', async () => {
  const load = { dirtyBytesPerSec: 2 ** 30, workingSetBytes: 2 ** 30 };
  const [long, short] = [await makeRig({ load }), await makeRig({ load })];
  await long.startMigration();
  await short.startMigration();
  for (let i = 0; i < 400; i++) {
    short.clock.advance(7);
    await short.a.observe(short.guest);
  }
  long.clock.advance(2_800);
  const seen = await long.a.jobStats(long.guest);
  expect(seen).toMatchObject({ iteration: 3, elapsedMs: 2_800 });
  expect(await short.a.jobStats(short.guest)).toEqual(seen);
});

test('a smaller bandwidth slows the iteration under way', async () => {
  const { clock, a, guest, startMigration } = await makeRig();
  const { failure } = await startMigration();
  clock.advance(500 + 1_000);
  await a.setBandwidth(guest, 256);
  clock.advance(1_900);
  expect(await a.jobStats(guest)).toMatchObject({ iteration: 1, memBps: 256 * 2 ** 20 });
  clock.advance(500);
  expect(await failure).toBeUndefined();
});

test('an abort after everything has been sent is accepted and too late', async () => {
  const { clock, a, b, guest, startMigration } = await makeRig();
  const { failure } = await startMigration();
  clock.advance(500 + 1_334 + 70);
  expect(await a.observe(guest)).toMatchObject({ state: 'paused', job: 'outgoing' });
  await a.abortJob(guest);
  clock.advance(1_000);
  expect(await failure).toBeUndefined();
  expect(await b.observe(guest)).toMatchObject({ state: 'running' });
});

test('an abort during the switchover brings the guest back', async () => {
  const { clock, a, b, guest, startMigration } = await makeRig();
  const { failure } = await startMigration();
  clock.advance(500 + 1_334);
  expect(await a.observe(guest)).toMatchObject({ state: 'paused', reason: 'migration' });
  await a.abortJob(guest);
  expect(await failure).toMatchObject({ code: 78 });
  expect(await a.observe(guest)).toMatchObject({
    state: 'running',
    reason: 'migration-cancelled',
    job: 'none',
  });
  expect(await b.observe(guest)).toEqual({ state: 'absent' });
});

test('of two calls at once one gets the domain, and the other is refused', async () => {
  const { clock, a, b, guest, request } = await makeRig();
  const calls = [1, 2].map(() => failureOf(a.migrate(guest, request)));
  const [first, second] = await driveTo(clock, Promise.all(calls));
  expect(first).toBeUndefined();
  expect(second).toMatchObject({ code: 55 });
  expect(await b.observe(guest)).toMatchObject({ state: 'running' });
});

test('without a persistent XML the target gets a transient guest, and the source keeps its definition', async () => {
  const { clock, a, b, guest, startMigration } = await makeRig();
  const { failure } = await startMigration({ persistXml: null });
  clock.advance(10_000);
  expect(await failure).toBeUndefined();
  expect(await b.domain(guest)).toMatchObject({ running: true, persistent: false });
  expect(await a.observe(guest)).toEqual({ state: 'shut-off', reason: 'migrated', persistent: true });
});

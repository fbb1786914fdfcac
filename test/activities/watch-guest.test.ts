/** Waiting on a host until a guest is other than it was seen. */
import { CancelledFailure } from '@temporalio/common';
import type { GuestOnHost, SideObservation } from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, type Attempt, attempt, attemptAt, failureOf, heartbeats, migrationOf } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const running: GuestOnHost = { state: 'running', reason: 'booted', job: 'none', persistent: true };
const off: GuestOnHost = { state: 'shut-off', reason: 'shutdown', persistent: true };

const watch = (seen: SideObservation, of = guest, host = pair.a): Attempt<GuestOnHost> =>
  attemptAt(() => host.activities.watchGuest({ migration: migrationOf(of), seen }));

/** Cancelled, an attempt that waits ends at once: what it has returned before would win. */
async function stillWaits({ env, end }: Attempt<GuestOnHost>): Promise<void> {
  await heartbeats(env, 2);
  env.cancel();
  await expect(end).rejects.toBeInstanceOf(CancelledFailure);
}

test.each<[string, SideObservation]>([
  ['state', { ...running, state: 'paused' }],
  ['reason', { ...running, reason: 'unpaused' }],
  ['job', { ...running, job: 'outgoing' }],
  ['definition', { ...running, persistent: false }],
  ['presence', { state: 'absent' }],
  ['state, shut off', off],
])('returns at once what differs in its %s', async (_what, seen) => {
  expect(await watch(seen).end).toEqual(running);
});

test.each<[string, SideObservation]>([
  ['reason', { ...off, reason: 'crashed' }],
  ['definition', { ...off, persistent: false }],
])('of a guest that is shut off, also what differs in its %s', async (_what, seen) => {
  await pair.fleet.shutDownGuest(guest);
  expect(await watch(seen).end).toEqual(off);
});

test('of a host that was unreachable any answer is news', async () => {
  expect(await watch({ state: 'unreachable', why: 'no answer' }).end).toEqual(running);
  expect(await watch({ state: 'unreachable', why: 'no answer' }, guest, pair.b).end).toEqual({
    state: 'absent',
  });
});

test.each<[string, GuestOnHost, () => Promise<void>]>([
  ['that runs', running, async () => undefined],
  ['that is shut off', off, () => pair.fleet.shutDownGuest(guest)],
])('waits while a guest %s stays so, heartbeating', async (_what, seen, before) => {
  await before();
  await stillWaits(watch(seen));
});

test('waits for a guest that is absent', async () => {
  await stillWaits(watch({ state: 'absent' }, guest, pair.b));
});

test('returns when the guest changes', async () => {
  const { env, end } = watch(running);
  await heartbeats(env, 2);
  await pair.fleet.pauseGuest(guest);
  expect(await end).toMatchObject({ state: 'paused', reason: 'user' });
});

test('returns when a job of the guest ends, and when it arrives elsewhere', async () => {
  const busy = await pair.startBusyGuest();
  const migration = attempt(pair.a, (await pair.prepare(busy)).input);
  await pair.fleet.untilMigrating(busy);
  const here = watch({ ...running, job: 'outgoing' }, busy);
  const there = watch(await pair.b.hypervisor.observe(busy), busy, pair.b);
  await heartbeats(here.env, 1);
  await pair.letItConverge(busy);
  await migration.end;
  expect((await here.end).state).not.toBe('running');
  expect((await there.end).state).not.toBe('absent');
});

test('a hypervisor that does not answer is waited for, heartbeating', async () => {
  await pair.fleet.killLibvirtd('host-a');
  const { env, end } = watch({ state: 'unreachable', why: 'no answer' });
  await heartbeats(env, 3);
  await pair.fleet.startLibvirtd('host-a');
  expect(await end).toEqual(running);
});

test('what no hypervisor says is not waited out', async () => {
  jest.spyOn(pair.a.hypervisor, 'observe').mockRejectedValue(new TypeError('fault of ours'));
  await expect(watch(running).end).rejects.toThrow('fault of ours');
});

test('a cancel ends it at once, though the hypervisor hangs', async () => {
  const asked = new Promise<void>((resolve) => {
    jest.spyOn(pair.a.hypervisor, 'observe').mockImplementation(() => {
      resolve();
      return new Promise(() => undefined);
    });
  });
  const { env, end } = watch(running);
  await asked;
  await heartbeats(env, 2);
  const cancelledAt = performance.now();
  env.cancel();
  await expect(end).rejects.toBeInstanceOf(CancelledFailure);
  expect(performance.now() - cancelledAt).toBeLessThan(20_000);
});

test('refuses a caller that needs a newer agent', async () => {
  const migration = { ...migrationOf(guest), requiredProtocol: 99 };
  const failure = await failureOf(pair.a.activities.watchGuest({ migration, seen: running }));
  expect(failure.message).toContain('host-a');
});

test('a watch that goes on for weeks does not grow: it waits for its cancellation once', async () => {
  const watched = watch(running);
  const waits = jest.spyOn(watched.env.context.cancelled, 'then');
  await heartbeats(watched.env, 1);
  waits.mockClear();
  await stillWaits(watched);
  expect(waits.mock.calls.length).toBe(0);
});

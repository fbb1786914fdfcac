import { RunningMigrations } from '../../src/temporal/running-migrations';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';
import { until } from '../support/until';

let ferry: Ferry;
useFerry((made) => (ferry = made));

test('an undo that waits for its host is told with the time since which it is wanted, by whoever looks', async () => {
  const began = Date.now();
  const [, handle] = await ferry.endlessMigration();
  const look = new RunningMigrations(ferry.client);
  await until(async () => (await look.look()).length === 1);
  expect(await look.look()).toEqual([{ attention: null, waiting: [] }]);
  await ferry.stopAgent('host-b');
  await handle.cancel();
  await until(async () => (await look.look())[0]!.waiting.length > 0);
  const { waiting } = (await look.look())[0]!;
  expect(waiting).toEqual([{ step: 'release', sinceMs: expect.any(Number) }]);
  expect(waiting[0]!.sinceMs).toBeGreaterThan(began - 1_000);
  expect(await new RunningMigrations(ferry.client).look()).toEqual([{ attention: null, waiting }]);
  await ferry.startAgent('host-b');
  await failureOf(handle);
  await until(async () => (await look.look()).length === 0);
});

test('one that is tried again and again waits since its first try', async () => {
  const [, handle] = await ferry.endlessMigration();
  const refusal = { call: 'destroyMdev', host: 'host-b', effect: 'none', kind: 'call-error' } as const;
  await ferry.fleet.arm(
    Array.from({ length: 10 }, () => ({ ...refusal, code: 1, domain: 22, text: 'busy' })),
  );
  await handle.cancel();
  await until(async () => (await attemptsOf(handle)) >= 1);
  const [first] = await new RunningMigrations(ferry.client).look();
  await until(async () => (await attemptsOf(handle)) >= 3);
  const [later] = await new RunningMigrations(ferry.client).look();
  expect(first!.waiting).toHaveLength(1);
  expect(later).toEqual(first);
  await ferry.fleet.disarm();
  await failureOf(handle);
});

async function attemptsOf(handle: MigrationHandle): Promise<number> {
  const { raw } = await handle.describe();
  const step = raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'releaseClaim');
  return step?.attempt ?? 0;
}

test('who waits for a person is told by the search attribute', async () => {
  const { guest, handle } = await splitBrain();
  const look = new RunningMigrations(ferry.client);
  await until(async () => (await look.look())[0]?.attention === 'split-brain');
  await ferry.hypervisor('host-b').destroy(guest);
  await failureOf(handle);
});

async function splitBrain() {
  const guest = await ferry.busyGuest();
  await ferry.fleet.arm([{ phase: 'finish', kind: 'link-down', healAfterMs: null }]);
  const policy = { switchover: 'libvirt', initialDowntimeMs: 60_000, maxDowntimeMs: 60_000 } as const;
  return { guest, handle: await ferry.migrate({ guest, policy }) };
}

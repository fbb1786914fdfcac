/** The list of migrations: running and ended ones, whoever started them, with where they stand or how they ended. */
import { LIVE_MIGRATE_VGPU, ORCHESTRATOR_TASK_QUEUE } from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import type { EmbeddedTemporal } from '../../src/temporal/embedded';
import { type ListedMigration, listMigrations, readProgress } from '../../src/temporal/list-migrations';
import { failureOf } from '../support/failures';
import { Ferry, startTestServer } from '../support/ferry';
import { until } from '../support/until';

let temporal: EmbeddedTemporal;
let ferry: Ferry;

beforeAll(async () => {
  temporal = await startTestServer();
  ferry = await Ferry.start(temporal);
}, 300_000);
afterAll(async () => {
  await ferry.close();
  await temporal.stop();
});

/** Visibility follows the history after a moment. */
async function listedOnce(
  holds: (all: ListedMigration[]) => boolean,
  filter: Partial<{ running: boolean; attention: boolean; limit: number }> = {},
): Promise<ListedMigration[]> {
  let all: ListedMigration[] = [];
  await until(async () => {
    all = await listMigrations(ferry.client, { running: false, attention: false, limit: 20, ...filter });
    return holds(all);
  });
  return all;
}

test.each<[string, unknown]>([
  ['nothing', null],
  ['a text', 'x'],
  ['no stage', { waitingFor: null, attention: null }],
  ['a list to wait for', { stage: 'migrate', waitingFor: [], attention: null }],
])('a workflow of that name that answers with %s is not believed', (_what, answer) => {
  expect(readProgress(answer)).toBeNull();
});

test('nor is an attention of no kind', () => {
  const answer = { stage: 'migrate', waitingFor: null, attention: { kind: 7 } };
  expect(readProgress(answer)).toEqual({ ...answer, attention: null });
});

test('one that is done, one that failed, one under way, and one that somebody else has started', async () => {
  const guest = SAMPLE_GUEST.uuid;
  await (await ferry.migrate({ guest })).result();
  const other = '6a1b2c3d-0000-4000-8000-0000000000ff';
  const started = await ferry.client.workflow.start(LIVE_MIGRATE_VGPU, {
    ...{ taskQueue: ORCHESTRATOR_TASK_QUEUE, workflowId: 'another-id' },
    args: [{ guest: other, source: 'host-a', destination: 'host-b' }],
  });
  await started.result().catch(() => undefined);
  const [busy, handle] = await ferry.endlessMigration();
  await listedOnce((all) => all.length === 3 && all.filter(({ endedAt }) => endedAt).length === 2);
  const all = await listedOnce((now) => now.some(({ progress }) => progress?.stage === 'migrate'));
  expect(
    all.map((one) => ({ guest: one.guest, status: one.status, error: one.error?.type ?? null })),
  ).toEqual([
    { guest: busy, status: 'RUNNING', error: null },
    { guest: other, status: 'FAILED', error: expect.any(String) },
    { guest, status: 'COMPLETED', error: null },
  ]);
  expect(all[0]).toMatchObject({ source: 'host-a', destination: 'host-b', endedAt: null });

  const running = await listedOnce(({ length }) => length === 1, { running: true });
  expect(running[0]!.guest).toBe(busy);
  expect(await listedOnce(({ length }) => length === 2, { limit: 2 })).toHaveLength(2);
  await handle.cancel();
  await failureOf(handle);
  const aborted = await listedOnce((now) => now.some(({ error }) => error?.type === 'MigrationAborted'));
  expect(aborted.find((one) => one.guest === busy)).toMatchObject({ progress: null });
});

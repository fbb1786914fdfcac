/** What a migration counts and when: once, whoever ends it, however often it is replayed. */
import { CancelledFailure } from '@temporalio/client';
import { ErrorType } from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import type { EmbeddedTemporal } from '../../src/temporal/embedded';
import { freePorts } from '../../src/temporal/free-ports';
import { failureOf } from '../support/failures';
import { Ferry, startTestServer } from '../support/ferry';
import { scrape, sumOf } from '../support/scrape';

const guest = SAMPLE_GUEST.uuid;

let temporal: EmbeddedTemporal;
let metricsAddress: string;
let ferry: Ferry;
let before: Awaited<ReturnType<typeof scrape>>;

beforeAll(async () => {
  const [port] = await freePorts('127.0.0.1');
  metricsAddress = `127.0.0.1:${port}`;
  temporal = await startTestServer({ metricsAddress });
}, 300_000);
afterAll(() => temporal.stop());
beforeEach(async () => {
  ferry = await Ferry.start(temporal);
  before = await scrape(metricsAddress);
});
afterEach(() => ferry.close());

/** By how much the series has grown since the test began. */
async function grown(series: string, labels: Record<string, string> = {}): Promise<number> {
  const name = `vgpu_ferry_${series}`;
  return sumOf(await scrape(metricsAddress), name, labels) - sumOf(before, name, labels);
}

test('a migration that arrives: begun, each stage, its end, its downtime and its bytes, once each', async () => {
  const handle = await ferry.migrate({ guest });
  const { job } = await handle.result();
  expect(await grown('migrations_begun_total')).toBe(1);
  expect(await grown('migrations_ended_total')).toBe(1);
  expect(await grown('migrations_ended_total', { outcome: 'done', cause: 'none' })).toBe(1);
  for (const stage of ['inspect', 'claim', 'migrate', 'finalize', 'cleanup'])
    expect(await grown('stage_duration_seconds_count', { stage, result: 'done' })).toBe(1);
  expect(await grown('stage_duration_seconds_count', { stage: 'undo' })).toBe(0);
  expect(await grown('downtime_seconds_count', { switchover: 'fenced' })).toBe(1);
  expect(await grown('downtime_seconds_sum')).toBeCloseTo(job!.downtimeMs! / 1_000);
  expect(await grown('moved_bytes_total')).toBe(job!.bytes);
  expect(await grown('downtime_over_limit_total')).toBe(0);
});

test('a downtime above what was allowed is counted', async () => {
  await (await ferry.migrate({ guest, policy: { initialDowntimeMs: 20, maxDowntimeMs: 20 } })).result();
  expect(await grown('downtime_over_limit_total')).toBe(1);
});

test('one that fails is counted by its error type, and its undo is a stage', async () => {
  await ferry.fleet.arm([{ phase: 'perform', kind: 'kill-qemu', on: 'target' }]);
  await failureOf(await ferry.migrate({ guest }));
  expect(await grown('migrations_ended_total')).toBe(1);
  expect(await grown('migrations_ended_total', { outcome: 'failed', cause: ErrorType.MigrationFailed })).toBe(
    1,
  );
  expect(await grown('stage_duration_seconds_count', { stage: 'migrate', result: 'failed' })).toBe(1);
  expect(await grown('stage_duration_seconds_count', { stage: 'undo', result: 'done' })).toBe(1);
  expect(await grown('downtime_seconds_count')).toBe(0);
});

test('one whose input is refused counts, and nothing of what it was given becomes a label', async () => {
  await failureOf(await ferry.migrate({ guest, source: 'a host\nthat is none' }));
  expect(await grown('migrations_ended_total', { cause: ErrorType.InvalidInput })).toBe(1);
  const labels = (await scrape(metricsAddress)).map((one) => JSON.stringify(one.labels));
  expect(labels.filter((text) => text.includes('none') && text.includes('host'))).toEqual([]);
});

test('replayed by another orchestrator, asked, and aborted there: everything is counted once', async () => {
  const [, handle] = await ferry.endlessMigration();
  await ferry.stopOrchestrators();
  await ferry.startOrchestrator();
  await handle.query('progress');
  await handle.cancel();
  expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
  expect(await grown('migrations_begun_total')).toBe(1);
  expect(await grown('migrations_ended_total', { outcome: 'aborted', cause: 'none' })).toBe(1);
  for (const stage of ['inspect', 'claim', 'migrate', 'undo'])
    expect(await grown('stage_duration_seconds_count', { stage })).toBe(1);
  await ferry.stopOrchestrators();
  await ferry.startOrchestrator();
  await handle.query('progress'); // replays what has ended
  expect(await grown('migrations_begun_total')).toBe(1);
  expect(await grown('migrations_ended_total')).toBe(1);
});

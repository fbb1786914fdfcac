import { ApplicationFailure, type Context } from '@temporalio/activity';
import { HostMetrics } from '../../src/agent/metrics';
import { type HostInventory, type ReconcileReport, ErrorType } from '../../src/contract';
import { FakeMeter } from '../support/meter';
import { until } from '../support/until';

let fake: FakeMeter;
let metrics: HostMetrics;
beforeEach(() => {
  fake = new FakeMeter();
  metrics = new HostMetrics({
    ...{ host: 'host-a', meter: fake.meter, version: '0.1.0', reconcileEveryMinutes: 10 },
  });
});

const value = (name: string, labels = ''): number | undefined =>
  fake.values[`vgpu_ferry_${name}{${labels}host="host-a"}`];

test('counters are there before anything is counted, so that the first is an increase', () => {
  expect(value('jobs_ended_total', 'cause="MigrationFailed",')).toBe(0);
  expect(value('leaks_found_total', 'found="claim",')).toBe(0);
  expect(value('sweep_interval_seconds')).toBe(600);
});

test('a job is in flight until it has ended, and counted by how it did', async () => {
  const done = Promise.resolve({ job: null, adopted: false, pausedByUser: false });
  const failed = Promise.reject(ApplicationFailure.nonRetryable('no', ErrorType.MigrationFailed));
  const odd = Promise.reject(new Error('something else'));
  for (const end of [done, failed, odd]) metrics.jobStarted(end);
  expect(value('migrations_in_flight')).toBe(3);
  await Promise.allSettled([done, failed, odd]);
  await Promise.resolve();
  expect(value('migrations_in_flight')).toBe(0);
  expect(value('jobs_ended_total', 'cause="none",')).toBe(1);
  expect(value('jobs_ended_total', 'cause="MigrationFailed",')).toBe(1);
  expect(value('jobs_ended_total', 'cause="other",')).toBe(1);
});

const REPORT: ReconcileReport = {
  ...{ host: 'host-a', at: '2026-11-27T12:00:00.000Z', quarantined: [], kept: [] },
  ...{ released: [device(), device()], removed: [device()], consumed: [], attention: ['a guest is held'] },
};

function device() {
  return { uuid: 'u', type: 't', guest: null, migration: null, why: 'w' };
}

function run(activityType: string, answer: () => Promise<unknown>): Promise<unknown> {
  const [make] = metrics.interceptors.activity!;
  const { inbound } = make!({ info: { activityType } } as Context);
  return inbound!.execute!({ args: [], headers: {} }, answer);
}

test('a sweep is counted with what it has found; the activity’s answer is passed on', async () => {
  const before = value('last_sweep_timestamp_seconds')!;
  expect(await run('reconcileHost', () => Promise.resolve(REPORT))).toBe(REPORT);
  expect(fake.values['vgpu_ferry_sweeps_total{host="host-a",result="done"}']).toBe(1);
  expect(value('leaks_found_total', 'found="claim",')).toBe(2);
  expect(value('leaks_found_total', 'found="device",')).toBe(1);
  expect(value('sweep_attention')).toBe(1);
  expect(value('last_sweep_timestamp_seconds')).toBeGreaterThanOrEqual(before);
});

test('a sweep that fails is counted and fails; other steps are none', async () => {
  await expect(run('reconcileHost', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  await run('inspectSource', () => Promise.resolve({}));
  expect(fake.values['vgpu_ferry_sweeps_total{host="host-a",result="failed"}']).toBe(1);
  expect(fake.values['vgpu_ferry_sweeps_total{host="host-a",result="done"}']).toBe(0);
});

const INVENTORY: HostInventory = {
  ...{ host: 'host-a', protocol: 3, at: '2026-11-27T12:00:00.000Z', migrating: 0, types: [], guests: [] },
  ...{ records: [], versions: { libvirt: 11_003_000, qemu: 10_000_000, kernel: '6.12.0' } },
};

test.each([
  ['an answer', () => Promise.resolve(INVENTORY), 1],
  [
    'libvirt that is away',
    () => Promise.reject(ApplicationFailure.retryable('no', ErrorType.HypervisorUnavailable)),
    0,
  ],
  [
    'a ledger that is busy, which is not libvirt’s fault',
    () => Promise.reject(ApplicationFailure.retryable('no', ErrorType.ClaimConflict)),
    1,
  ],
])('libvirt counts as up or not: %s', async (_what, look, up) => {
  const repeated = metrics.lookBy(look, { warn: () => undefined });
  await until(() => Promise.resolve(value('hypervisor_up') !== undefined));
  repeated.stop();
  expect(value('hypervisor_up')).toBe(up);
});

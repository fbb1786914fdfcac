/** With OpenTelemetry: one trace a migration, across the processes; and none of it is in the way of a hand-over. */
import { CancelledFailure } from '@temporalio/client';
import { SAMPLE_GUEST, SAMPLE_VNC_PASSWORD } from '../../src/hypervisor/simulated';
import { type Tracing, openTracing } from '../../src/tracing';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';
import { Collector } from './collector';

let ferry: Ferry;
useFerry((made) => (ferry = made));

let collector: Collector;
let tracing: Tracing;

beforeAll(async () => {
  collector = await Collector.start();
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.endpoint;
  const log = { warn: (fields: object, message: string) => console.error(message, fields) };
  tracing = (await openTracing({ service: 'vgpu-ferry-test', host: 'host-a', log }))!;
});
afterAll(async () => {
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
  await tracing.close();
  await collector.stop();
});

async function handOver(to: 'traced' | 'plain'): Promise<void> {
  await ferry.stopOrchestrators();
  await ferry.startOrchestrator('current', to === 'traced' ? tracing : undefined);
}

test('nothing is opened unless it is asked for', async () => {
  expect(await openTracing({ service: 's', log: { warn: () => undefined } }, {})).toBeUndefined();
});

describe.each([
  ['plain', 'traced'],
  ['traced', 'plain'],
] as const)('begun by a %s orchestrator, ended by a %s one', (from, to) => {
  beforeEach(() => handOver(from));

  test('a migration that arrives, with a command on its way', async () => {
    const [guest, handle] = await ferry.endlessMigration();
    await handle.executeUpdate('setMaxDowntime', { args: [{ maxDowntimeMs: 10 }] });
    await handOver(to);
    await handle.query('progress');
    await ferry.letItConverge(guest);
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
  });

  test('a migration that is aborted, and undone', async () => {
    const [, handle] = await ferry.endlessMigration();
    await handOver(to);
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    expect(await ferry.fleet.mdevs('host-b')).toEqual([]);
  });
});

test('one trace a migration: each step is below the workflow, and names its migration', async () => {
  await handOver('traced');
  for (const host of ['host-a', 'host-b']) {
    await ferry.stopAgent(host);
    await ferry.startAgent(host, 0, tracing.interceptors);
  }
  const handle = await ferry.migrate({ guest: SAMPLE_GUEST.uuid });
  await handle.result();
  await tracing.close(); // sends what is left
  const root = collector.spans.find(
    ({ name, attributes }) =>
      name === 'RunWorkflow:LiveMigrateVgpu' && attributes.workflowId === handle.workflowId,
  )!;
  const steps = collector.spans.filter(
    ({ name, attributes }) =>
      name.startsWith('RunActivity:') && attributes.temporalWorkflowId === handle.workflowId,
  );
  expect(steps.map(({ name }) => name.slice('RunActivity:'.length)).sort()).toEqual([
    ...['claimOnDestination', 'cleanUpSource', 'finalizeOnDestination', 'inspectSource', 'migrateGuest'],
  ]);
  const byId = new Map(collector.spans.map((span) => [span.spanId, span]));
  for (const { traceId, parentSpanId, service } of steps) {
    expect([traceId, service]).toEqual([root.traceId, 'vgpu-ferry-test']);
    expect(byId.get(parentSpanId!)).toMatchObject({ parentSpanId: root.spanId });
  }
  expect(JSON.stringify(collector.spans)).not.toContain(SAMPLE_VNC_PASSWORD);
});

/** Each recorded history replays with the workflow as it is now. Old ones stay: they are what is in flight at an upgrade. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { LIVE_MIGRATE_VGPU, migrationWorkflowId } from '../../src/contract';
import { HISTORIES } from '../support/histories';
import { workflowBundle } from '../support/workflow-bundle';

const files = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));

/** One of each way in which a migration or a sweep can end. */
const OUTCOMES = [
  'done',
  'refused',
  'aborted',
  'abort-too-late',
  'failed',
  'guest-ended',
  'settled-forward',
  'adopted',
  'aborted-by-update',
  'downtime-set',
  'timed-out',
  'resolved-source',
  'resolved-destination',
  'fenced-host',
  'resumed-without-the-source',
  'swept',
  'sweep-unreachable',
  'sweep-refused',
];

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
});

test.each(OUTCOMES)('there is a history that ended as: %s', (outcome) => {
  expect(files.map((name) => name.split('.')[0])).toContain(outcome);
});

test.each(files)('%s replays', async (name) => {
  await replay(read(name));
});

test.each(files)('%s replays with the interceptors of OpenTelemetry, whoever had made it', async (name) => {
  await replay(read(name), 'traced');
});

test('a history that the workflow could not have made does not replay', async () => {
  const history = read(files.find((name) => name.startsWith('done.'))!);
  const first = history.events.find((event) => event.activityTaskScheduledEventAttributes);
  first!.activityTaskScheduledEventAttributes!.activityType.name = 'somethingElse';
  await expect(replay(history)).rejects.toThrow(/[Nn]ondeterminism/);
});

interface RecordedHistory {
  events: {
    workflowExecutionStartedEventAttributes?: {
      workflowType: { name: string };
      input: { payloads: { data: string }[] };
    };
    activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  }[];
}

function read(name: string): RecordedHistory {
  return JSON.parse(readFileSync(join(HISTORIES, name), 'utf8')) as RecordedHistory;
}

/** A history does not carry its workflow's id, and a migration looks at that: it is made from the input again. */
async function replay(history: RecordedHistory, kind: 'real' | 'traced' = 'real'): Promise<void> {
  const { workflowType, input } = history.events[0]!.workflowExecutionStartedEventAttributes!;
  const { guest } = JSON.parse(Buffer.from(input.payloads[0]!.data, 'base64').toString('utf8')) as {
    guest: string;
  };
  await Worker.runReplayHistory(
    { workflowBundle: await workflowBundle(kind), sinks: { exporter: { export: { fn: () => undefined } } } },
    historyFromJSON(history),
    workflowType.name === LIVE_MIGRATE_VGPU ? migrationWorkflowId(guest) : 'any',
  );
}

/** Each recorded history replays with the workflow as it is now. Old ones stay: they are what is in flight at an upgrade. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { HISTORIES } from '../support/histories';
import { workflowBundle } from '../support/workflow-bundle';

const files = readdirSync(HISTORIES).filter((name) => name.endsWith('.json'));

/** One of each way in which a migration can end. */
const OUTCOMES = ['done', 'refused', 'aborted', 'abort-too-late', 'failed', 'guest-ended', 'settled-forward', 'adopted'];

beforeAll(() => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
});

test.each(OUTCOMES)('there is a history of a migration that ended as: %s', (outcome) => {
  expect(files.map((name) => name.split('.')[0])).toContain(outcome);
});

test.each(files)('%s replays', async (name) => {
  const history = historyFromJSON(JSON.parse(readFileSync(join(HISTORIES, name), 'utf8')));
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, name);
});

test('a history that the workflow could not have made does not replay', async () => {
  const history = JSON.parse(readFileSync(join(HISTORIES, files.find((name) => name.startsWith('done.'))!), 'utf8')) as { events: { activityTaskScheduledEventAttributes?: { activityType: { name: string } } }[] };
  const first = history.events.find((event) => event.activityTaskScheduledEventAttributes);
  first!.activityTaskScheduledEventAttributes!.activityType.name = 'somethingElse';
  await expect(Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, historyFromJSON(history), 'changed')).rejects.toThrow(/[Nn]ondeterminism/);
});

import { namesOf, sdkLine } from '../../src/cli/log-fields';
import { migrationWorkflowId } from '../../src/contract';

const guest = '7c0de9a4-5f0e-4d6b-9a51-2f5c8e1d7a07';
const workflowId = migrationWorkflowId(guest);
const OF_MIGRATION = { migration: workflowId, run: 'r', guest };

test.each([
  ['a migration', [workflowId, 'r'], OF_MIGRATION],
  ['another workflow', ['reconcile-host:host-a', 'r'], { workflow: 'reconcile-host:host-a', run: 'r' }],
  ['a run of which the SDK tells no more', [undefined, 'r'], { run: 'r' }],
  ['nothing', [undefined, undefined], {}],
])('what the names are of: %s', (_what, [id, run], names) => {
  expect(namesOf(id, run)).toEqual(names);
});

test('a line of the workflow itself, whatever its level', () => {
  const meta = { sdkComponent: 'workflow', workflowId, runId: 'r', namespace: 'default', stage: 'claim' };
  expect(sdkLine({ level: 'INFO', message: 'stage ended', meta })).toEqual({
    level: 'info',
    message: 'stage ended',
    fields: { ...OF_MIGRATION, stage: 'claim' },
  });
});

test('the SDK spells them in three ways; what it has for machines only is left out', () => {
  const activity = { workflowId, workflowRunId: 'r', taskToken: 'AAAA', isLocal: false };
  const failed = new Error('no such domain');
  for (const meta of [
    { sdkComponent: 'activity', ...activity, error: failed },
    { sdkComponent: 'core', workflow_id: workflowId, run_id: 'r', error: failed },
  ])
    expect(sdkLine({ level: 'WARN', message: 'm', meta })!.fields).toEqual({
      sdk: meta.sdkComponent,
      ...OF_MIGRATION,
      error: 'Error: no such domain',
    });
});

test.each(['worker', 'activity', 'core'])(
  'what goes well is not worth a line of the SDK (%s)',
  (sdkComponent) => {
    expect(sdkLine({ level: 'INFO', message: 'm', meta: { sdkComponent } })).toBeUndefined();
    expect(sdkLine({ level: 'ERROR', message: 'm', meta: { sdkComponent } })).toBeDefined();
  },
);

test('an agent has no workflows, and need not say so; nothing else of that kind is hidden', () => {
  const meta = { sdkComponent: 'worker' };
  const said = 'No workflows registered, not polling for workflow tasks';
  expect(sdkLine({ level: 'WARN', message: said, meta })).toBeUndefined();
  expect(sdkLine({ level: 'WARN', message: 'No activities registered', meta })).toBeDefined();
});

test('a line of the SDK without anything beside it', () => {
  expect(sdkLine({ level: 'ERROR', message: 'm' })).toEqual({
    level: 'error',
    message: 'm',
    fields: { sdk: 'sdk' },
  });
});

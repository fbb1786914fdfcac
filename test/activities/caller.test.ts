/** Who has scheduled a step, by the server's word: a guest's own migration, or the step changes nothing. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { isOwnStep } from '../../activities';
import {
  type HostActivities,
  type MigrationRef,
  DEFAULT_POLICY,
  ErrorType,
  LIVE_MIGRATE_VGPU,
  migrationWorkflowId,
} from '../../src/contract';
import { HostPair, failureOf, uuid } from './host-pair';

const guest = uuid(1);
const run = uuid(2);
const own: MigrationRef = { workflow: migrationWorkflowId(guest), run, guest, requiredProtocol: 1 };
const task = {
  workflowType: LIVE_MIGRATE_VGPU,
  workflowExecution: { workflowId: own.workflow, runId: uuid(3) },
};

const asked = (of: MigrationRef, by: object): Promise<boolean> =>
  new MockActivityEnvironment(by).run(async () => isOwnStep(of));

test("a migration's own step is known by its workflow, also when that was reset and has another run", async () => {
  expect(await asked(own, task)).toBe(true);
});

test.each<[string, MigrationRef, object]>([
  [
    'another workflow of that type',
    own,
    { ...task, workflowExecution: { workflowId: migrationWorkflowId(uuid(9)), runId: run } },
  ],
  ['a workflow of another type', own, { ...task, workflowType: 'Hostile' }],
  ['the migration of another guest', { ...own, guest: uuid(9) }, task],
  ['a migration that names another workflow', { ...own, workflow: migrationWorkflowId(uuid(9)) }, task],
  [
    'a workflow under an id that is no migration’s',
    { ...own, workflow: 'x' },
    { ...task, workflowExecution: { workflowId: 'x', runId: run } },
  ],
  ['a run that is none of Temporal’s', { ...own, run: 'run-1' }, task],
])('%s is not', async (_what, of, by) => {
  expect(await asked(of, by)).toBe(false);
});

describe('a step that is not its own migration’s', () => {
  let pair: HostPair;
  beforeEach(async () => {
    pair = await HostPair.make();
    pair.isOwnStep = () => false;
  });
  afterEach(() => pair.close());

  const [persistent, pausedByUser] = [true, false];
  const running = { state: 'running', reason: 'booted', job: 'none', persistent };

  test.each<[keyof HostActivities, object]>([
    ['claimOnDestination', { requests: [], persistent, sourceFailed: [] }],
    [
      'migrateGuest',
      {
        ...{
          destination: 'host-b',
          policy: DEFAULT_POLICY,
          mdevs: [],
          xmlDigest: '0'.repeat(64),
          persistent,
        },
        ...{ pausedByUser, attach: false },
      },
    ],
    ['controlJob', { command: 'abort' }],
    ['finalizeOnDestination', { claimId: '', mdevs: [], persistent, autostart: false, pausedByUser }],
    ['cleanUpSource', { mdevs: [], policy: 'keep' }],
    ['releaseClaim', { recycle: false }],
    ['actOnGuest', { act: 'resume', expect: running }],
  ])('%s is refused, and names the host and what is required', async (name, input) => {
    const step = pair.a.activities[name] as (input: object) => Promise<unknown>;
    const failure = await failureOf(step({ migration: own, ...input }));
    expect(failure).toMatchObject({ type: ErrorType.InvalidInput, nonRetryable: true });
    expect(failure.message).toMatch(/^host-a: .* required: workflow live-migrate:.* of type LiveMigrateVgpu/);
  });

  test('looks like any other to those that only look', async () => {
    expect(await pair.a.activities.observeGuest({ migration: own })).toEqual({ state: 'absent' });
  });
});

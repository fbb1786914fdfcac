/** The schedule of a host's sweeps on a real server. */
import { randomUUID } from 'node:crypto';
import { Client, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import { scheduleSweeps } from '../../src/agent/sweep-schedule';
import { ORCHESTRATOR_TASK_QUEUE, RECONCILE_HOST, reconcileScheduleId } from '../../src/contract';
import { ensureReconcileSchedule } from '../../src/temporal/schedules';
import { useTemporalServer } from '../support/temporal-server';

const server = useTemporalServer();

/** Minutes, counted from 1970: so seldom that none begins within a test. */
const SELDOM = 10_000;

/** The server tells nobody when a schedule has acted. */
const LOOK_AGAIN_MS = 100;

let host: string;
beforeEach(() => {
  host = `host-${randomUUID()}`;
});

const agentClient = (): Client =>
  new Client({ connection: server.env.nativeConnection, namespace: 'default' });
const ensure = (everyMinutes: number) => ensureReconcileSchedule(agentClient(), host, everyMinutes);
const handle = () => server.env.client.schedule.getHandle(reconcileScheduleId(host));

const until = async (holds: (found: ScheduleDescription) => boolean): Promise<ScheduleDescription> => {
  for (;;) {
    const found = await handle().describe();
    if (holds(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
};

/** The schedule when it has started so many. */
const sweeps = (wanted: number) => until(({ info }) => info.numActionsTaken >= wanted);

/** No orchestrator runs here: the sweep would stay, and the next one be skipped. */
async function endOfFirstSweep({ info }: ScheduleDescription): Promise<void> {
  const { workflowId } = info.recentActions[0]!.action.workflow;
  await server.env.client.workflow.getHandle(workflowId).terminate();
  await until((found) => found.info.runningActions.length === 0);
}

test('is made with its times, and the first sweep is started at once', async () => {
  expect(await ensure(10)).toBe('created');
  const { spec, policies, action, info } = await sweeps(1);
  expect(spec.intervals).toEqual([expect.objectContaining({ every: 600_000 })]);
  expect(spec.jitter).toBe(60_000);
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60_000 });
  expect(action).toMatchObject({
    workflowType: RECONCILE_HOST,
    taskQueue: ORCHESTRATOR_TASK_QUEUE,
    args: [{ host }],
  });
  expect(info.recentActions[0]!.action.workflow.workflowId).toMatch(reconcileScheduleId(host));
});

test('one that is as it shall be is not written again, and sweeps once now', async () => {
  await ensure(10);
  const before = await sweeps(1);
  await endOfFirstSweep(before);
  expect(await ensure(10)).toBe('unchanged');
  expect((await sweeps(2)).info.lastUpdatedAt).toEqual(before.info.lastUpdatedAt);
});

test('another interval is written, and nothing else is lost', async () => {
  await ensure(10);
  expect(await ensure(30)).toBe('updated');
  const { spec, state } = await handle().describe();
  expect(spec).toMatchObject({ intervals: [expect.objectContaining({ every: 1_800_000 })], jitter: 180_000 });
  expect(state.paused).toBe(false);
  expect(await ensure(30)).toBe('unchanged');
});

test('one that an operator has paused stays paused, with its note, and sweeps nothing', async () => {
  await ensure(SELDOM);
  await sweeps(1);
  await handle().pause('maintenance');
  expect(await ensure(2 * SELDOM)).toBe('updated');
  const { state, info } = await handle().describe();
  expect(state).toMatchObject({ paused: true, note: 'maintenance' });
  expect([info.numActionsTaken, info.numActionsSkippedOverlap]).toEqual([1, 0]);
});

test('0 minutes delete it; there is none: that is done already', async () => {
  await ensure(10);
  expect(await ensure(0)).toBe('deleted');
  await expect(handle().describe()).rejects.toThrow(ScheduleNotFoundError);
  expect(await ensure(0)).toBe('none');
});

test.each([10, 0])('one that starts something else is left alone (%s minutes)', async (everyMinutes) => {
  await server.env.client.schedule.create({
    scheduleId: reconcileScheduleId(host),
    spec: { intervals: [{ every: '1 day' }] },
    action: { type: 'startWorkflow', workflowType: 'Another', taskQueue: 'q', args: [{ host }] },
  });
  expect(await ensure(everyMinutes)).toBe('not-ours');
  expect((await handle().describe()).action.workflowType).toBe('Another');
});

test('an agent that may not write schedules lives on, and says what to do', async () => {
  const client = new Client({ connection: server.env.nativeConnection, namespace: 'no-such-namespace' });
  const warned: [object, string][] = [];
  const log = {
    info: () => undefined,
    warn: (fields: object, message: string) => void warned.push([fields, message]),
  };
  await scheduleSweeps(client, { host, reconcileEveryMinutes: 10 }, log);
  expect(warned).toEqual([
    [
      { schedule: reconcileScheduleId(host), error: expect.stringMatching('.') },
      expect.stringMatching(`write schedules.*"reconcileEveryMinutes": 0.*vgpu-ferry reconcile ${host}`),
    ],
  ]);
});

/** Whether a migration is over, asked of a real server. */
import { randomUUID } from 'node:crypto';
import { Client, Connection, type WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { RECONCILE_HOST } from '../../src/contract';
import { migrationStates } from '../../src/temporal/migration-state';
import { useTemporalServer } from '../support/temporal-server';
import { workflowBundle } from '../support/workflow-bundle';

const server = useTemporalServer();

const start = (
  workflowId: string,
  taskQueue = 'nobody-polls',
): Promise<WorkflowHandleWithFirstExecutionRunId> =>
  server.env.client.workflow.start(RECONCILE_HOST, {
    taskQueue,
    workflowId,
    args: [{ host: 'no-such-host' }],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
  });

/** As an agent has it: over the connection of its workers. */
const states = () =>
  migrationStates(new Client({ connection: server.env.nativeConnection, namespace: 'default' }));

test('one that runs is running, with its first run and with any', async () => {
  const workflow = randomUUID();
  const { firstExecutionRunId: run } = await start(workflow);
  expect(await states().stateOf({ workflow, run })).toBe('running');
  expect(await states().stateOf({ workflow })).toBe('running');
});

test('one that was terminated is closed', async () => {
  const workflow = randomUUID();
  const handle = await start(workflow);
  await handle.terminate();
  expect(await states().stateOf({ workflow, run: handle.firstExecutionRunId })).toBe('closed');
  expect(await states().stateOf({ workflow })).toBe('closed');
});

test('one that the server does not know any more is closed', async () => {
  const workflow = randomUUID();
  expect(await states().stateOf({ workflow, run: randomUUID() })).toBe('closed');
  expect(await states().stateOf({ workflow })).toBe('closed');
});

test('an earlier migration of the guest is closed while the next one runs', async () => {
  const workflow = randomUUID();
  const first = await start(workflow);
  await first.terminate();
  const second = await start(workflow);
  expect(await states().stateOf({ workflow, run: first.firstExecutionRunId })).toBe('closed');
  expect(await states().stateOf({ workflow, run: second.firstExecutionRunId })).toBe('running');
  expect(await states().stateOf({ workflow })).toBe('running');
  expect(await states().stateOf({ workflow, run: randomUUID() })).toBe('closed'); // past its retention
});

test('one that was terminated and reset is running again, under its first run', async () => {
  const { client, nativeConnection } = server.env;
  const taskQueue = randomUUID();
  const workflow = randomUUID();
  const worker = await Worker.create({
    connection: nativeConnection,
    taskQueue,
    workflowBundle: await workflowBundle(),
  });
  await worker.runUntil(async () => {
    const handle = await start(workflow, taskQueue);
    const run = handle.firstExecutionRunId;
    const finished = await firstTaskOf(handle);
    await handle.terminate();
    await client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: workflow, runId: run },
      workflowTaskFinishEventId: finished,
      requestId: randomUUID(),
      reason: 'test',
    });
    expect((await client.workflow.getHandle(workflow).describe()).runId).not.toBe(run);
    expect(await states().stateOf({ workflow, run })).toBe('running');
    await client.workflow.getHandle(workflow).terminate();
    expect(await states().stateOf({ workflow, run })).toBe('closed');
  });
});

test.each<[string, () => Promise<[Client, () => Promise<void>]>]>([
  [
    'a server that does not answer',
    async () => {
      const connection = Connection.lazy({ address: '127.0.0.1:1' });
      return [new Client({ connection, namespace: 'default' }), () => connection.close()];
    },
  ],
  [
    'a namespace that it may not, or cannot, look into',
    async () => [
      new Client({ connection: server.env.connection, namespace: 'no-such-namespace' }),
      () => Promise.resolve(),
    ],
  ],
])('of %s nothing is known', async (_what, open) => {
  const [client, close] = await open();
  expect(await migrationStates(client).stateOf({ workflow: 'any', run: 'run' })).toBe('unknown');
  await close();
});

type EventId = NonNullable<
  Parameters<Client['workflowService']['resetWorkflowExecution']>[0]['workflowTaskFinishEventId']
>;

/** Event id of the first finished workflow task: the history's first events are read as they come. */
async function firstTaskOf(handle: WorkflowHandleWithFirstExecutionRunId): Promise<EventId> {
  const { client } = server.env;
  let token: Uint8Array | undefined;
  for (;;) {
    const { history, nextPageToken } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: handle.workflowId },
      waitNewEvent: true,
      ...(token && { nextPageToken: token }),
    });
    const done = history?.events?.find((event) => event.workflowTaskCompletedEventAttributes);
    if (done?.eventId) return done.eventId;
    token = nextPageToken;
  }
}

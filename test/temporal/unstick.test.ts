/** `unstick` on a real server: a workflow that has stopped for good goes on; one that works is not touched. */
import { randomUUID } from 'node:crypto';
import { Worker } from '@temporalio/worker';
import { LIVE_MIGRATE_VGPU, migrationWorkflowId } from '../../src/contract';
import { type MigrationHandle, migrationOf } from '../../src/temporal/migrations';
import { follow } from '../../src/cli/follow';
import { snapshot } from '../../src/temporal/snapshot';
import { unstick } from '../../src/temporal/unstick';
import { quietTemporal } from '../support/ferry';
import { useTemporalServer } from '../support/temporal-server';
import { until } from '../support/until';
import type { Waits } from './stuck-workflows';

quietTemporal();
const taskQueue = 'stuck';
let worker: Worker;
let running: Promise<void>;
/** What `endless` waits for; a pending step may not have begun when it is opened. */
let gate = closedGate();

afterEach(() => {
  gate.open();
  gate = closedGate();
});

// before the server's own, which closes the connection
afterAll(async () => {
  gate.open();
  worker.shutdown();
  await running;
});
const server = useTemporalServer();

beforeAll(async () => {
  worker = await Worker.create({
    ...{ connection: server.env.nativeConnection, taskQueue },
    workflowsPath: require.resolve('./stuck-workflows'),
    activities: {
      step: () => Promise.resolve(),
      endless: () => gate.opened,
    },
  });
  running = worker.run();
}, 120_000);

function closedGate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

async function start(waits: Waits): Promise<[string, MigrationHandle]> {
  const guest = randomUUID();
  await server.env.client.workflow.start(LIVE_MIGRATE_VGPU, {
    ...{ taskQueue, workflowId: migrationWorkflowId(guest), args: [waits] },
  });
  return [guest, migrationOf(server.env.client, guest)];
}

const ask = (guest: string, look = false): ReturnType<typeof unstick> =>
  unstick(server.env.client, guest, { look });

test('one that waits for nothing: watch says so, a look changes nothing, then it goes on', async () => {
  const [guest, handle] = await start('for nothing');
  await until(async () => /vgpu-ferry unstick/.test((await snapshot(handle)).trouble ?? ''));
  const before = await handle.describe();

  const looked = await ask(guest, true);
  expect(looked).toMatchObject({ why: expect.stringMatching(/nothing is pending/), run: null });
  expect((await handle.describe()).runId).toBe(before.runId);

  const done = await ask(guest);
  expect(done).toEqual({ ...looked, run: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  expect(done.run).not.toBe(before.runId);
  expect(await handle.result()).toBe('went on');
  await expect(ask(guest)).rejects.toThrow(/not stuck: it has ended \(completed\)/);
});

test('an abort that was asked for while it was stuck is asked for again; who follows it follows on', async () => {
  const [guest, handle] = await start('for nothing, then for an abort');
  await until(async () => (await snapshot(handle)).trouble !== null);
  const followed = follow(handle, { quiet: true, out: process.stderr });
  followed.catch(() => undefined);
  await handle.cancel();
  await until(async () => (await ask(guest, true).catch(() => null))?.abortAskedAgain === true);
  expect(await ask(guest)).toMatchObject({ abortAskedAgain: true });
  await expect(followed).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
});

test('once it is set back, it is not set back again', async () => {
  const [guest, handle] = await start('for nothing, then for an abort');
  await until(async () => (await snapshot(handle)).trouble !== null);
  await ask(guest);
  await expect(ask(guest)).rejects.toThrow(/is not stuck/);
  await until(async () => (await snapshot(handle)).pending.includes('endless'));
  gate.open();
  expect(await handle.result()).toBe('went on');
});

test('one that works is left alone', async () => {
  const [guest, handle] = await start('for a step');
  await until(async () => (await snapshot(handle)).pending.includes('endless'));
  expect((await snapshot(handle)).trouble).toBeNull();
  await expect(ask(guest)).rejects.toThrow(/is not stuck\. See what it does: vgpu-ferry watch/);
  gate.open();
  expect(await handle.result()).toBe('went on');
});

test('one that is not known', async () => {
  await expect(ask(randomUUID())).rejects.toThrow(/No migration of guest/);
});

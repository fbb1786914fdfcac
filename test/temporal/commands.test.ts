/** A command that Temporal gives back, untaken: a real server, and an orchestrator that does not do its work. */
import { randomUUID } from 'node:crypto';
import { ORCHESTRATOR_TASK_QUEUE } from '../../src/contract';
import { SAMPLE_GPU, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { command } from '../../src/temporal/commands';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { type Ferry, useFerry } from '../support/ferry';

const NAMESPACE = 'default';

let ferry: Ferry;
useFerry((made) => (ferry = made));

/** In pre-copy, for the guest writes faster than the link takes it. */
async function movingWithoutEnd(): Promise<[string, MigrationHandle]> {
  const guest = randomUUID();
  await ferry.fleet.startGuest({
    ...{ host: 'host-a', uuid: guest, name: 'busy', mdevs: 1 },
    ...{ type: SAMPLE_TYPE, parent: SAMPLE_GPU, memoryMiB: 16_384 },
    load: { dirtyBytesPerSec: 64 * 2 ** 30, workingSetBytes: 8 * 2 ** 30 },
  });
  const handle = await ferry.migrate({ guest });
  await ferry.fleet.until((fleet) => fleet.jobs.some(({ step }) => step === 'pre-copy'));
  return [guest, handle];
}

const DOES_NOTHING = { namespace: NAMESPACE, identity: 'an orchestrator that does not do its work' };
type Task = Awaited<ReturnType<typeof takeTask>>;

/** As an orchestrator does. */
function takeTask() {
  const { connection, workflowService } = ferry.client;
  const taskQueue = { name: ORCHESTRATOR_TASK_QUEUE };
  return connection.withDeadline(Date.now() + 20_000, () =>
    workflowService.pollWorkflowTaskQueue({ ...DOES_NOTHING, taskQueue }),
  );
}

async function completeWithoutAWord({ taskToken }: Task): Promise<void> {
  await ferry.client.workflowService.respondWorkflowTaskCompleted({ ...DOES_NOTHING, taskToken });
}

async function fail({ taskToken }: Task): Promise<void> {
  await ferry.client.workflowService.respondWorkflowTaskFailed({ ...DOES_NOTHING, taskToken });
}

function updateIds({ messages }: Task): unknown[] {
  return messages.map(({ protocolInstanceId }) => protocolInstanceId);
}

const TAKEN = { applied: true, note: expect.stringContaining('60000 ms') as string };

test('one that a workflow task leaves out is asked again, as the same one', async () => {
  const [guest, handle] = await movingWithoutEnd();
  await ferry.stopOrchestrators();
  const beginOrchestrator = await ferry.prepareOrchestrator(); // beforehand: the command waits for 15 s only
  const answer = command(ferry.client, guest, 'setMaxDowntime', { maxDowntimeMs: 60_000 });
  answer.catch(() => undefined);
  const first = await takeTask();
  await completeWithoutAWord(first);
  const second = await takeTask();
  await completeWithoutAWord(second);
  beginOrchestrator();
  expect(await answer).toEqual(TAKEN);
  expect(updateIds(first)).toEqual([expect.any(String)]);
  expect(updateIds(second)).toEqual(updateIds(first));
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
});

/** The server then gives updates back at once, and asks no orchestrator. */
const FAILING_AFTER_ATTEMPTS = 4;

test("while the workflow's tasks fail it is asked again and again", async () => {
  const [guest, handle] = await movingWithoutEnd();
  await ferry.stopOrchestrators();
  const beginOrchestrator = await ferry.prepareOrchestrator(); // beforehand: the command waits for 15 s only
  await handle.signal('a task, please');
  for (let i = 0; i < FAILING_AFTER_ATTEMPTS; i++) await fail(await takeTask());
  const answer = command(ferry.client, guest, 'setMaxDowntime', { maxDowntimeMs: 60_000 });
  answer.catch(() => undefined);
  beginOrchestrator();
  expect(await answer).toEqual(TAKEN);
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
});

test('one that is given back until the time is over is said so, with the reason', async () => {
  const [guest, handle] = await movingWithoutEnd();
  await ferry.stopOrchestrators();
  await handle.signal('a task, please');
  for (let i = 0; i < FAILING_AFTER_ATTEMPTS; i++) await fail(await takeTask());
  await expect(command(ferry.client, guest, 'forceComplete')).rejects.toThrow(
    /No orchestrator answered within 15 s \(Temporal: .*Workflow Task in failed state/,
  );
  await handle.terminate();
});

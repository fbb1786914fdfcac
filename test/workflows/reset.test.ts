/** `temporal workflow reset`: how a person gets a workflow out that is stuck in its replay (docs/chaos.md). */
import { randomUUID } from 'node:crypto';
import type { CommandAnswer } from '../../src/contract';
import { type MigrationHandle, migrationOf } from '../../src/temporal/migrations';
import { type Ferry, useFerry } from '../support/ferry';

let ferry: Ferry;
useFerry((its) => (ferry = its));

/** To the last workflow task that was completed before the first update. */
async function reset(handle: MigrationHandle): Promise<void> {
  const { events } = await handle.fetchHistory();
  const update = events!.findIndex((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  const tasks = events!.slice(0, update).filter((event) => event.workflowTaskCompletedEventAttributes);
  await ferry.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: handle.workflowId },
    workflowTaskFinishEventId: tasks.at(-1)!.eventId!,
    reason: 'stuck in its replay',
    requestId: randomUUID(),
  });
}

function setMaxDowntime(handle: MigrationHandle, maxDowntimeMs: number): Promise<CommandAnswer> {
  return handle.executeUpdate<CommandAnswer, [object]>('setMaxDowntime', { args: [{ maxDowntimeMs }] });
}

test('in pre-copy: the job is taken up again, and the migration ends as it would have', async () => {
  const [guest, handle] = await ferry.endlessMigration();
  await setMaxDowntime(handle, 400);
  await reset(handle);

  const again = migrationOf(ferry.client, guest);
  await setMaxDowntime(again, 60_000);
  expect(await again.result()).toMatchObject({ runsOn: 'host-b' });
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
});

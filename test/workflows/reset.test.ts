/** `temporal workflow reset`: how a person gets a workflow out that is stuck in its replay (docs/chaos.md). */
import { randomUUID } from 'node:crypto';
import type { CommandAnswer } from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { type MigrationHandle, migrationOf } from '../../src/temporal/migrations';
import { type Ferry, useFerry } from '../support/ferry';

let ferry: Ferry;
useFerry((its) => (ferry = its));

/** To the last workflow task that was completed; or to the last before the first update. */
async function reset(handle: MigrationHandle, to: 'last' | 'before the update'): Promise<void> {
  const { events } = await handle.fetchHistory();
  const update = events!.findIndex((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  const end = to === 'last' ? events!.length : update;
  const tasks = events!.slice(0, end).filter((event) => event.workflowTaskCompletedEventAttributes);
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
  await reset(handle, 'before the update');

  const again = migrationOf(ferry.client, guest);
  await setMaxDowntime(again, 60_000);
  expect(await again.result()).toMatchObject({ runsOn: 'host-b' });
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
});

test('at its very end: what its last task had said is said again, and nothing is done twice', async () => {
  const guest = SAMPLE_GUEST.uuid;
  const first = await ferry.migrate({ guest });
  const { mdevs } = await first.result();
  await reset(first, 'last');

  const again = migrationOf(ferry.client, guest);
  expect(await again.result()).toMatchObject({ runsOn: 'host-b', mdevs });
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
});

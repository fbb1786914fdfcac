import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { type Ferry, useFerry } from '../support/ferry';

/** TaskQueueKind of Temporal's API: the queue that all orchestrators take from, not the one of the last that had the workflow. */
const NORMAL = 1;

let ferry: Ferry;
useFerry((its) => (ferry = its));

test('no orchestrator keeps a workflow in memory: each of its tasks is for whichever comes first', async () => {
  const handle = await ferry.migrate({ guest: SAMPLE_GUEST.uuid });
  await handle.result();

  const { events } = await handle.fetchHistory();
  const kinds = (events ?? []).flatMap(({ workflowTaskScheduledEventAttributes: task }) =>
    task ? [task.taskQueue?.kind] : [],
  );
  expect(kinds.length).toBeGreaterThan(3);
  expect(new Set(kinds)).toEqual(new Set([NORMAL]));
});

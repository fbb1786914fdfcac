/**
 * A fault of Temporal's SDK (1.24.0) that no workflow code can avoid: an update that comes with a workflow task which follows
 * one that had timed out is run after that task's other events, and in a replay before them. The commands then stand in
 * another order than the history has them, and the workflow is stuck. See docs/chaos.md.
 */
import type { historyToJSON } from '@temporalio/common/lib/proto-utils';

type History = Parameters<typeof historyToJSON>[0];
type Event = NonNullable<History['events']>[number];

/** Only with its very traces: the words of the failure, and a task like that in the history. */
export function isSdkFault({ events }: History): boolean {
  const failed = (events ?? []).some(({ workflowTaskFailedEventAttributes: task }) =>
    /Update machine does not handle this event/.test(task?.failure?.message ?? ''),
  );
  return failed && (events ?? []).some((event, i, all) => isLateUpdate(event, all.slice(0, i)));
}

/** Accepted after other commands of its workflow task, and that task follows one that had timed out. */
function isLateUpdate(
  { workflowExecutionUpdateAcceptedEventAttributes: accepted }: Event,
  before: Event[],
): boolean {
  if (!accepted) return false;
  const task = before.findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
  const started = before.slice(0, task).findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
  const timedOut = before.slice(started + 1, task).some((event) => event.workflowTaskTimedOutEventAttributes);
  return timedOut && task < before.length - 1;
}

/**
 * Faults of Temporal's SDK (1.24.0) that no workflow code can avoid, told from ours by their very traces. See docs/chaos.md.
 *
 * Both begin with a query of a workflow that the orchestrator does not have in memory: events that have come meanwhile are played
 * with it, before the workflow task that brings them.
 *
 * The first: an update in that task is run after those events, and in a replay before them. The commands then stand in
 * another order than the history has them, and the workflow is stuck.
 *
 * The second: those events have cancelled an activity whose start comes with the task. The SDK has no transition for that, and
 * fails the task. It is then played again from the history, and comes through: nothing is lost.
 *
 * The third (seed 55): the answer to a task that brought a step's result has no command, and nothing else is pending: nothing will ever
 * come again. A replay of that very history gives the commands.
 */
import { type Event, type History, isResult, lastTask, stuckAt } from '../../src/temporal/stuck';

/** Only with its very traces: the words of the failure, and a task like that in the history. */
export function isSdkFault({ events }: History): boolean {
  const all = (events ?? []).filter((event) => !event.workflowExecutionTerminatedEventAttributes); // by the run itself
  const ends = all.flatMap((event, i) => (event.workflowTaskFailedEventAttributes ? [i + 1] : []));
  return [...ends, all.length].some((end) => stuckAt({ events: all.slice(0, end) }) !== null);
}

/** WorkflowTaskFailedCause of Temporal's API. */
const MISUNDERSTOOD = new Map<unknown, string>([
  [14, 'workflow code, or the SDK, threw'],
  [24, 'a replay went another way than the history'],
]);

/** Why workflow tasks failed that had to be understood. */
export function misunderstoodTasks({ events }: History): string[] {
  const all = events ?? [];
  return all.flatMap((event, i) => {
    const { cause, failure } = event.workflowTaskFailedEventAttributes ?? {};
    const why = MISUNDERSTOOD.get(cause);
    if (why === undefined || wasPlayedAgain(event, all.slice(0, i), all.slice(i))) return [];
    return [`a workflow task failed, ${why}: ${failure?.message ?? ''}`];
  });
}

/** The second fault, and the workflow went on. */
function wasPlayedAgain(
  { workflowTaskFailedEventAttributes: task }: Event,
  before: Event[],
  after: Event[],
): boolean {
  const words =
    /^Fatal error in workflow machines: ActivityMachine in state ScheduledActivityCancelCommandCreated .* ActivityTaskStarted/;
  if (!words.test(task?.failure?.message ?? '')) return false;
  const ofTask = before.slice(lastTask(before, before.length) + 1);
  const cause = ofTask.findIndex(
    (event) => isResult(event) || event.workflowExecutionCancelRequestedEventAttributes,
  );
  const startsAfter =
    cause >= 0 && ofTask.slice(cause).some((event) => event.activityTaskStartedEventAttributes);
  return startsAfter && after.some((event) => event.workflowTaskCompletedEventAttributes);
}

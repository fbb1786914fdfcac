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
import type { historyToJSON } from '@temporalio/common/lib/proto-utils';

type History = Parameters<typeof historyToJSON>[0];
type Event = NonNullable<History['events']>[number];

/** Only with its very traces: the words of the failure, and a task like that in the history. */
export function isSdkFault({ events }: History): boolean {
  if (isMixedTask(events ?? []) || hasLostCommands(events ?? [])) return true;
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
  const ofTask = before.slice(
    before.findLastIndex((event) => event.workflowTaskCompletedEventAttributes) + 1,
  );
  const cause = ofTask.findIndex(
    (event) => isResult(event) || event.workflowExecutionCancelRequestedEventAttributes,
  );
  const startsAfter =
    cause >= 0 && ofTask.slice(cause).some((event) => event.activityTaskStartedEventAttributes);
  return startsAfter && after.some((event) => event.workflowTaskCompletedEventAttributes);
}

/**
 * The first fault in other words: the last task that was completed before the failure had brought an update beside results of
 * activities or timers (seeds 22 and 54, just after Temporal had been killed).
 */
function isMixedTask(all: Event[]): boolean {
  const failed = all.findIndex(({ workflowTaskFailedEventAttributes: task }) =>
    task?.failure?.message?.startsWith('[TMPRL1100]'),
  );
  if (failed < 0) return false;
  const completed = all.slice(0, failed).findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
  const before = all
    .slice(0, Math.max(completed, 0))
    .findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
  const brought = all.slice(before + 1, completed).some(isResult);
  return (
    brought &&
    all.slice(completed, failed).some((event) => event.workflowExecutionUpdateAcceptedEventAttributes)
  );
}

/** Our workflow never waits for nothing: a result begins the next step, or ends it. */
function hasLostCommands(all: Event[]): boolean {
  const told = all.filter((event) => !event.workflowExecutionTerminatedEventAttributes);
  if (!told.at(-1)?.workflowTaskCompletedEventAttributes) return false;
  const before = told.slice(0, -1).findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
  return told.slice(before + 1).some(isResult) && !isAnythingPending(told);
}

function isAnythingPending(all: Event[]): boolean {
  const count = (...kinds: (keyof Event)[]): number =>
    all.filter((event) => kinds.some((kind) => event[kind])).length;
  const activities = count(
    'activityTaskCompletedEventAttributes',
    'activityTaskFailedEventAttributes',
    'activityTaskTimedOutEventAttributes',
    'activityTaskCanceledEventAttributes',
  );
  return (
    count('activityTaskScheduledEventAttributes') > activities ||
    count('timerStartedEventAttributes') >
      count('timerFiredEventAttributes', 'timerCanceledEventAttributes') ||
    count('workflowExecutionUpdateAcceptedEventAttributes') >
      count('workflowExecutionUpdateCompletedEventAttributes')
  );
}

function isResult(event: Event): boolean {
  return Boolean(
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.timerFiredEventAttributes,
  );
}

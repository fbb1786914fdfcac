/**
 * A migration that a fault of Temporal's SDK (seen with 1.24.0) has stopped, known by its very traces in the history. Pure. How it comes
 * to that: docs/chaos.md; what a person does: `vgpu-ferry unstick`, docs/commands.md.
 */
import type { WorkflowHandle } from '@temporalio/client';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
export type Event = NonNullable<History['events']>[number];

export interface Stuck {
  /** End of the workflow task to which a reset sets it back: that task is asked for again. */
  task: Event;
  /** For people. */
  why: string;
  /** Steps were begun after that task: doing them again from there could undo what they did. */
  tooFar: boolean;
  /** Asked for since; a reset forgets it. */
  cancelAsked: boolean;
}

const LOST_COMMANDS = 'the answer to a workflow task of it is lost, and nothing is pending';
const OTHER_ORDER = 'a replay of its history takes another order than the history has';

export function stuckAt({ events }: History): Stuck | null {
  const all = events ?? [];
  return found(all, lostCommandsAt(all), LOST_COMMANDS) ?? found(all, jammedAt(all), OTHER_ORDER);
}

function found(all: readonly Event[], at: number | null, why: string): Stuck | null {
  if (at === null) return null;
  const next = all.findIndex((event, i) => i > at && event.workflowTaskCompletedEventAttributes);
  const tooFar = next >= 0 && all.slice(next).some((event) => event.activityTaskScheduledEventAttributes);
  const cancelAsked = all.slice(at).some((event) => event.workflowExecutionCancelRequestedEventAttributes);
  return { task: all[at]!, why, tooFar, cancelAsked };
}

/**
 * The index of the end of the last task that brought a step's result, if its answer had no command, nothing else is pending, and only
 * what begins nothing has come since. Our workflow never waits for nothing: a result begins the next step, or ends it.
 */
function lostCommandsAt(all: readonly Event[]): number | null {
  if (!all.at(-1)?.workflowTaskCompletedEventAttributes || isAnythingPending(all)) return null;
  const result = all.findLastIndex((event) => isResult(event) || event.activityTaskCanceledEventAttributes);
  const task = all.findIndex((event, i) => i > result && event.workflowTaskCompletedEventAttributes);
  return result >= 0 && all.slice(task + 1).every(beginsNothing) ? task : null;
}

/** In the words of a replay that has failed. */
const REPLAY_FAILED = /^\[TMPRL1100\]/;
const UPDATE_MISPLACED = /Update machine does not handle this event/;

/** The index of the end of the task that accepted an update in an order that no replay has; and a replay has failed since. */
function jammedAt(all: readonly Event[]): number | null {
  const going = lastTask(all, all.length);
  const failed = all.findIndex((event, i) => i > going && REPLAY_FAILED.test(failureOf(event)));
  if (failed < 0) return null;
  const isMisplaced = UPDATE_MISPLACED.test(failureOf(all[failed]!));
  const update = all.findLastIndex(
    (event, i) => isUpdate(event) && (isMixed(all, i, failed) || (isMisplaced && isLate(all, i))),
  );
  return update < 0 ? null : lastTask(all, update);
}

/** Its task, the last before the failure, had brought it beside results of activities or timers. */
function isMixed(all: readonly Event[], update: number, failed: number): boolean {
  const task = lastTask(all, update);
  if (task < 0 || lastTask(all, failed) !== task) return false;
  return all.slice(lastTask(all, task) + 1, task).some(isResult);
}

/** Accepted after other commands of its task, and that task follows one that had timed out. */
function isLate(all: readonly Event[], update: number): boolean {
  const task = lastTask(all, update);
  const timedOut = all
    .slice(lastTask(all, task) + 1, Math.max(task, 0))
    .some((event) => event.workflowTaskTimedOutEventAttributes);
  return timedOut && update > task + 1;
}

/** Index of the last workflow task that had been completed before; -1 = none. */
export function lastTask(all: readonly Event[], before: number): number {
  return all.slice(0, before).findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
}

/** Of an activity or a timer. */
export function isResult(event: Event): boolean {
  return Boolean(
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.timerFiredEventAttributes,
  );
}

function isUpdate(event: Event): boolean {
  return Boolean(event.workflowExecutionUpdateAcceptedEventAttributes);
}

function isAnythingPending(all: readonly Event[]): boolean {
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

/** Signals, requests to cancel, and the workflow's tasks themselves. */
function beginsNothing(event: Event): boolean {
  return Boolean(
    event.workflowExecutionSignaledEventAttributes ??
    event.workflowExecutionCancelRequestedEventAttributes ??
    event.workflowTaskScheduledEventAttributes ??
    event.workflowTaskStartedEventAttributes ??
    event.workflowTaskTimedOutEventAttributes ??
    event.workflowTaskFailedEventAttributes ??
    event.workflowTaskCompletedEventAttributes,
  );
}

function failureOf({ workflowTaskFailedEventAttributes: task }: Event): string {
  return task?.failure?.message ?? '';
}

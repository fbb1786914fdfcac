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
}

export function stuckAt({ events }: History): Stuck | null {
  const all = events ?? [];
  const last = lostCommandsAt(all);
  if (last !== null)
    return {
      task: all[last]!,
      why: 'the answer to its last workflow task is lost, and nothing is pending',
    };
  const jammed = jammedAt(all);
  return jammed === null
    ? null
    : {
        task: all[jammed]!,
        why: 'a replay of its history takes another order than the history has',
      };
}

/**
 * The index of the last task's end, if the task brought a step's result, its answer had no command, and nothing else is pending. Our
 * workflow never waits for nothing: a result begins the next step, or ends it.
 */
function lostCommandsAt(all: readonly Event[]): number | null {
  const last = all.length - 1;
  if (!all[last]?.workflowTaskCompletedEventAttributes) return null;
  const before = lastTask(all, last);
  return all.slice(before + 1).some(isResult) && !isAnythingPending(all) ? last : null;
}

const REPLAY_FAILED = /^\[TMPRL1100\]|Update machine does not handle this event/;

/** The index of the end of the task that accepted an update in an order that no replay has; and a replay has failed since. */
function jammedAt(all: readonly Event[]): number | null {
  const going = all.findLastIndex((event) => event.workflowTaskCompletedEventAttributes);
  const failed = all.findIndex(
    ({ workflowTaskFailedEventAttributes: task }, i) =>
      i > going && REPLAY_FAILED.test(task?.failure?.message ?? ''),
  );
  if (failed < 0) return null;
  const update = all.findLastIndex(
    (event, i) => isUpdate(event) && (isMixed(all, i, failed) || isLate(all, i)),
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

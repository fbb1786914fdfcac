/** A migration that the SDK's fault has stopped: known by its traces, and the task that it is set back to. */
import { type Event, stuckAt } from '../../src/temporal/stuck';

const completed: Event = { workflowTaskCompletedEventAttributes: {} };
const timedOut: Event = { workflowTaskTimedOutEventAttributes: {} };
const activity: Event = { activityTaskScheduledEventAttributes: {} };
const result: Event = { activityTaskCompletedEventAttributes: {} };
const update: Event = { workflowExecutionUpdateAcceptedEventAttributes: {} };
const failed = (message: string): Event => ({ workflowTaskFailedEventAttributes: { failure: { message } } });
const misplaced = failed(
  '[TMPRL1100] Nondeterminism error: Update machine does not handle this event: HistoryEvent(id: 62)',
);
const replay = failed('[TMPRL1100] Nondeterminism error: x');
const signal: Event = { workflowExecutionSignaledEventAttributes: {} };
const cancel: Event = { workflowExecutionCancelRequestedEventAttributes: {} };
const cancelled: Event = { activityTaskCanceledEventAttributes: {} };

const indexOf = (events: Event[]): number | null => {
  const stuck = stuckAt({ events });
  return stuck === null ? null : events.indexOf(stuck.task);
};
const copies = (...events: Event[]): Event[] => events.map((event) => ({ ...event }));

test.each<[string, Event[], number | null]>([
  ['nothing yet', [], null],
  ['lost commands: the last task', copies(completed, activity, result, completed), 3],
  ['a step is pending', copies(completed, activity, activity, result, completed), null],
  ['a task is under way', copies(completed, activity, result, {}), null],
  [
    'an update beside a result: the task that accepted it',
    copies(completed, activity, result, completed, activity, update, replay),
    3,
  ],
  ['the same, of a step that was cancelled', copies(completed, activity, cancelled, completed), 3],
  [
    'a signal and an abort have come since, and began nothing',
    copies(completed, activity, result, completed, signal, cancel, completed),
    3,
  ],
  ['they began something', copies(completed, activity, result, completed, signal, activity, completed), null],
  [
    'an update after a task that had timed out: the same, though tasks came after it',
    copies(completed, timedOut, completed, activity, update, completed, misplaced),
    2,
  ],
  [
    'the same, but the replay failed otherwise',
    copies(completed, timedOut, completed, activity, update, replay),
    null,
  ],
  [
    'the second of two updates came after other commands',
    copies(completed, timedOut, completed, update, activity, update, misplaced),
    2,
  ],
  ['the update came first', copies(completed, timedOut, completed, update, activity, misplaced), null],
  ['an update, but no such task', copies(completed, completed, activity, update, misplaced), null],
  ['another failure', copies(completed, timedOut, completed, activity, update, failed('TypeError')), null],
  [
    'it has gone on since',
    copies(completed, timedOut, completed, activity, update, misplaced, completed, activity),
    null,
  ],
])('%s', (_what, events, expected) => expect(indexOf(events)).toBe(expected));

test.each<[string, Event[], { tooFar: boolean; cancelAsked: boolean }]>([
  [
    'nothing was done since',
    copies(completed, timedOut, completed, activity, update, misplaced),
    { tooFar: false, cancelAsked: false },
  ],
  [
    'an abort was asked for',
    copies(completed, timedOut, completed, activity, update, cancel, misplaced),
    { tooFar: false, cancelAsked: true },
  ],
  [
    'a later task has begun a step',
    copies(completed, timedOut, completed, activity, update, completed, activity, misplaced),
    { tooFar: true, cancelAsked: false },
  ],
  [
    'the abort came before',
    copies(cancel, completed, activity, result, completed),
    { tooFar: false, cancelAsked: false },
  ],
])('%s', (_what, events, expected) => expect(stuckAt({ events })).toMatchObject(expected));

/** A migration that the SDK's fault has stopped: known by its traces, and the task that it is set back to. */
import { type Event, stuckAt } from '../../src/temporal/stuck';

const completed: Event = { workflowTaskCompletedEventAttributes: {} };
const timedOut: Event = { workflowTaskTimedOutEventAttributes: {} };
const activity: Event = { activityTaskScheduledEventAttributes: {} };
const result: Event = { activityTaskCompletedEventAttributes: {} };
const update: Event = { workflowExecutionUpdateAcceptedEventAttributes: {} };
const failed = (message: string): Event => ({ workflowTaskFailedEventAttributes: { failure: { message } } });
const replay = failed('[TMPRL1100] Nondeterminism error: x');

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
  [
    'an update after a task that had timed out: the same, though tasks came after it',
    copies(completed, timedOut, completed, activity, update, completed, replay),
    2,
  ],
  [
    'the second of two updates came after other commands',
    copies(completed, timedOut, completed, update, activity, update, replay),
    2,
  ],
  ['the update came first', copies(completed, timedOut, completed, update, activity, replay), null],
  ['an update, but no such task', copies(completed, completed, activity, update, replay), null],
  ['another failure', copies(completed, timedOut, completed, activity, update, failed('TypeError')), null],
  [
    'it has gone on since',
    copies(completed, timedOut, completed, activity, update, replay, completed, activity),
    null,
  ],
])('%s', (_what, events, expected) => expect(indexOf(events)).toBe(expected));

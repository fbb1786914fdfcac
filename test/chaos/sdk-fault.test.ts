/** The SDK's fault is told from ours by its very traces, and by nothing less. */
import { isSdkFault, misunderstoodTasks } from './sdk-fault';

type Events = NonNullable<Parameters<typeof isSdkFault>[0]['events']>;

const completed = { workflowTaskCompletedEventAttributes: {} };
const timedOut = { workflowTaskTimedOutEventAttributes: {} };
const activity = { activityTaskScheduledEventAttributes: {} };
const result = { activityTaskFailedEventAttributes: {} };
const update = { workflowExecutionUpdateAcceptedEventAttributes: {} };
const failed = (message: string): Events[number] => ({
  workflowTaskFailedEventAttributes: { failure: { message } },
});
const stuck = failed(
  '[TMPRL1100] Nondeterminism error: Update machine does not handle this event: HistoryEvent(id: 62)',
);

test.each<[string, Events, boolean]>([
  ['as it was seen', [completed, activity, timedOut, completed, activity, update, stuck], true],
  [
    'another kind of nondeterminism',
    [completed, timedOut, completed, activity, update, failed('[TMPRL1100] No command scheduled')],
    false,
  ],
  ['no failure', [completed, timedOut, completed, activity, update], false],
  ['no task had timed out before', [completed, completed, activity, update, stuck], false],
  ['one had, but long before', [completed, timedOut, completed, completed, activity, update, stuck], false],
  [
    'an update beside a result, in other words',
    [completed, result, completed, activity, update, failed('[TMPRL1100] observeGuest does not match')],
    true,
  ],
  [
    'the same, with a task between',
    [completed, result, completed, update, completed, failed('[TMPRL1100] x')],
    false,
  ],
  ['a result without an update', [completed, result, completed, activity, failed('[TMPRL1100] x')], false],
  ['the update came first of all', [completed, timedOut, completed, update, activity, stuck], false],
])('%s', (_what, events, expected) => {
  expect(isSdkFault({ events })).toBe(expected);
});

describe('a task whose answer was lost on its way', () => {
  const ended = { workflowExecutionTerminatedEventAttributes: {} };
  const step = [activity, { activityTaskCompletedEventAttributes: {} }];
  const timer = { timerStartedEventAttributes: {} };
  const other = [activity, { activityTaskCanceledEventAttributes: {} }];
  const update = { workflowExecutionUpdateAcceptedEventAttributes: {} };

  test.each<[string, Events, boolean]>([
    ['as it was seen', [completed, ...step, completed, ended], true],
    ['while it still runs', [completed, ...other, ...step, completed], true],
    ['the task is under way', [completed, ...step, {}], false],
    ['it had commands', [completed, ...step, completed, activity], false],
    ['a task that began nothing came after it', [completed, ...step, completed, completed, ended], true],
    ['it brought nothing', [completed, completed, ended], false],
    ['another step is pending', [completed, activity, ...step, completed, ended], false],
    ['a timer is', [completed, timer, ...step, completed, ended], false],
    ['an update is', [completed, update, ...step, completed, ended], false],
  ])('%s', (_what, events, expected) => expect(isSdkFault({ events })).toBe(expected));
});

describe('a task that the SDK could not take in, and then did', () => {
  const timer = { timerFiredEventAttributes: {} };
  const cancel = { workflowExecutionCancelRequestedEventAttributes: {} };
  const begun = { activityTaskStartedEventAttributes: {} };
  const words =
    'Fatal error in workflow machines: ActivityMachine in state ScheduledActivityCancelCommandCreated says the transition is invalid during event EventInfo { event_id: 54, event_type: ActivityTaskStarted }';
  const misunderstood = (message: string, cause: number): Events[number] => ({
    workflowTaskFailedEventAttributes: { cause, failure: { message } },
  });
  const [UNHANDLED, NON_DETERMINISTIC] = [14, 24];
  const fault = misunderstood(words, UNHANDLED);

  test.each<[string, Events, number]>([
    ['as it was seen', [completed, timer, begun, fault, completed], 0],
    ['after the result of another activity', [completed, result, begun, fault, completed], 0],
    ['after a request to cancel', [completed, cancel, begun, fault, completed], 0],
    ['and the workflow never went on', [completed, timer, begun, fault], 1],
    ['with nothing before it in its task', [completed, begun, fault, completed], 1],
    ['with the timer in the task before', [timer, completed, begun, fault, completed], 1],
    ['with the activity begun before the timer', [completed, begun, timer, fault, completed], 1],
    ['in other words', [completed, timer, begun, misunderstood('TypeError', UNHANDLED), completed], 1],
    ['a replay that went another way', [completed, misunderstood('No command', NON_DETERMINISTIC)], 1],
    ['a task that failed for another reason is none', [completed, misunderstood('reset', 10)], 0],
  ])('%s', (_what, events, count) => expect(misunderstoodTasks({ events })).toHaveLength(count));
});

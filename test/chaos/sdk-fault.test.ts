/** The SDK's fault is told from ours by its very traces, and by nothing less. */
import { isSdkFault } from './sdk-fault';

type Events = NonNullable<Parameters<typeof isSdkFault>[0]['events']>;

const completed = { workflowTaskCompletedEventAttributes: {} };
const timedOut = { workflowTaskTimedOutEventAttributes: {} };
const activity = { activityTaskScheduledEventAttributes: {} };
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
    [completed, timedOut, completed, activity, update, failed('No command scheduled')],
    false,
  ],
  ['no failure', [completed, timedOut, completed, activity, update], false],
  ['no task had timed out before', [completed, completed, activity, update, stuck], false],
  ['one had, but long before', [completed, timedOut, completed, completed, activity, update, stuck], false],
  ['the update came first of all', [completed, timedOut, completed, update, activity, stuck], false],
])('%s', (_what, events, expected) => {
  expect(isSdkFault({ events })).toBe(expected);
});

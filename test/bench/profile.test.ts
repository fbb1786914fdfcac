import { sharesOf } from '../../bench/suites/profile';
import { spansOf } from '../../bench/suites/timeline';

const node = (id: number, functionName: string, url = '') => ({ id, callFrame: { functionName, url } });

test('a profile is shared out by package, without the time in which nothing was done', () => {
  const shares = sharesOf([
    {
      nodes: [
        node(1, '(idle)'),
        node(2, 'f', 'file:///x/node_modules/@temporalio/worker/lib/a.js'),
        node(3, 'g', 'file:///x/node_modules/a/node_modules/protobufjs/b.js'),
        node(4, '(garbage collector)'),
      ],
      samples: [1, 2, 3, 4, 2],
      timeDeltas: [1000, 20, 40, 20, 20],
    },
  ]);
  expect(shares).toEqual([
    { what: '@temporalio/worker', percent: 40 },
    { what: 'protobufjs', percent: 40 },
    { what: 'garbage collection', percent: 20 },
  ]);
});

const event = (eventId: number, ms: number, rest: object) => ({
  eventId: eventId as never,
  eventTime: { seconds: Math.floor(ms / 1000) as never, nanos: (ms % 1000) * 1e6 },
  ...rest,
});

test('an activity is a wait and a work, from the begin of its history', () => {
  const spans = spansOf([
    event(1, 1000, {}),
    event(2, 1010, { activityTaskScheduledEventAttributes: { activityType: { name: 'claim' } } }),
    event(3, 1015, {}),
    event(4, 1040, {
      eventType: 12,
      activityTaskCompletedEventAttributes: { scheduledEventId: 2, startedEventId: 3 },
    }),
  ] as never);
  expect(spans).toEqual([
    { row: 'claim', kind: 'waits to be taken', from: 10, to: 15 },
    { row: 'claim', kind: 'an agent works', from: 15, to: 40 },
  ]);
});

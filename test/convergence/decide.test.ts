/** What is done about a job in flight: a row for each rule. */
import { DEFAULT_POLICY } from '../../src/contract';
import { type JobInFlight, decide } from '../../src/convergence';

/** Two GiB: steps end after 40 s, the completion timeout is 200 s. */
const policy = {
  ...DEFAULT_POLICY,
  initialDowntimeMs: 300,
  maxDowntimeMs: 500,
  downtimeSteps: 2,
  downtimeStepSecondsPerGiB: 10,
  completionTimeoutSecondsPerGiB: 100,
  progressTimeoutSeconds: 50,
  forceCompleteDowntimeMs: 30_000,
};
const forcing = { ...policy, onTimeout: 'force-complete' as const };
const job: JobInFlight = {
  policy,
  overrides: {},
  elapsedMs: 0,
  dataGiB: 2,
  msSinceProgress: 0,
  guestStopped: false,
  forcedAtMs: null,
};
const noCompletion = { completionTimeoutSecondsPerGiB: 0 };

const rows: [string, Partial<JobInFlight>, ReturnType<typeof decide>][] = [
  ['a job that begins', {}, go(300)],
  ['a step has come', { elapsedMs: 20_000 }, go(400)],
  ['all steps are taken', { elapsedMs: 40_000 }, go(500)],
  [
    "a command's downtime outranks the steps",
    { elapsedMs: 40_000, overrides: { maxDowntimeMs: 9000 } },
    go(9000),
  ],
  ['also one below them', { elapsedMs: 40_000, overrides: { maxDowntimeMs: 10 } }, go(10)],
  ['a bandwidth of a command changes no downtime', { overrides: { bandwidthMiBps: 7 } }, go(300)],

  ['just before the completion timeout', { elapsedMs: 199_999 }, go(500)],
  [
    'at the completion timeout',
    { elapsedMs: 200_000 },
    end(500, /^completion timeout: not complete within 200 s$/),
  ],
  ['a larger guest has longer', { elapsedMs: 200_000, dataGiB: 3 }, go(500)],
  [
    'the completion timeout holds with a command’s downtime too',
    { elapsedMs: 200_000, overrides: { maxDowntimeMs: 9000 } },
    end(9000, /completion/),
  ],
  ['no completion timeout', { elapsedMs: 9_000_000, policy: { ...policy, ...noCompletion } }, go(500)],
  ['at the completion timeout, in the switchover', { elapsedMs: 200_000, guestStopped: true }, go(500)],

  ['no progress while there are steps to come', { elapsedMs: 39_000, msSinceProgress: 39_000 }, go(400)],
  ['progress is counted from the end of the steps', { elapsedMs: 89_999, msSinceProgress: 80_000 }, go(500)],
  [
    'no progress since the end of the steps',
    { elapsedMs: 90_000, msSinceProgress: 80_000 },
    end(500, /^progress timeout: .* 50 s/),
  ],
  ['progress since then', { elapsedMs: 150_000, msSinceProgress: 49_999 }, go(500)],
  ['no progress since', { elapsedMs: 150_000, msSinceProgress: 50_000 }, end(500, /progress/)],
  [
    'no progress timeout',
    { elapsedMs: 199_000, msSinceProgress: 199_000, policy: { ...policy, progressTimeoutSeconds: 0 } },
    go(500),
  ],
  [
    'no progress, in the switchover',
    { elapsedMs: 150_000, msSinceProgress: 50_000, guestStopped: true },
    go(500),
  ],

  ['forced at the completion timeout', { policy: forcing, elapsedMs: 200_000 }, force(30_000, /completion/)],
  [
    'forced for want of progress',
    { policy: forcing, elapsedMs: 90_000, msSinceProgress: 50_000 },
    force(30_000, /progress/),
  ],
  [
    'forced by the policy, but a command has set a downtime',
    { policy: forcing, elapsedMs: 200_000, overrides: { maxDowntimeMs: 900 } },
    force(900, /completion/),
  ],
  [
    'forced to less than the steps have come to',
    { policy: { ...forcing, forceCompleteDowntimeMs: 100 }, elapsedMs: 200_000 },
    force(500, /completion/),
  ],
  ['not forced in the switchover', { policy: forcing, elapsedMs: 200_000, guestStopped: true }, go(500)],
  ['stays forced', { policy: forcing, elapsedMs: 210_000, forcedAtMs: 200_000 }, force(30_000, null)],
  [
    'stays forced when it makes progress',
    { policy: forcing, elapsedMs: 95_000, forcedAtMs: 90_000 },
    force(30_000, null),
  ],
  [
    'forced, no progress: has its completion timeout',
    { policy: forcing, elapsedMs: 289_999, msSinceProgress: 200_000, forcedAtMs: 90_000 },
    force(30_000, null),
  ],
  [
    'forced, and its completion timeout has passed again',
    { policy: forcing, elapsedMs: 290_000, forcedAtMs: 90_000 },
    end(500, /200 s after its completion had been forced$/),
  ],
  [
    'the same, in the switchover',
    { policy: forcing, elapsedMs: 290_000, forcedAtMs: 90_000, guestStopped: true },
    force(30_000, null),
  ],
  [
    'forced without a completion timeout: another progress timeout',
    {
      policy: { ...forcing, ...noCompletion },
      elapsedMs: 139_999,
      msSinceProgress: 100_000,
      forcedAtMs: 90_000,
    },
    force(30_000, null),
  ],
  [
    'forced without a completion timeout, and still no progress',
    {
      policy: { ...forcing, ...noCompletion },
      elapsedMs: 140_000,
      msSinceProgress: 100_000,
      forcedAtMs: 90_000,
    },
    end(500, /progress/),
  ],
];

test.each(rows)('%s', (_what, change, expected) => {
  expect(decide({ ...job, ...change })).toEqual(expected);
});

function go(maxDowntimeMs: number): ReturnType<typeof decide> {
  return { maxDowntimeMs, verdict: 'go-on', why: null };
}

function end(maxDowntimeMs: number, why: RegExp): ReturnType<typeof decide> {
  return { maxDowntimeMs, verdict: 'abort', why: expect.stringMatching(why) as string };
}

function force(maxDowntimeMs: number, why: RegExp | null): ReturnType<typeof decide> {
  return { maxDowntimeMs, verdict: 'force-complete', why: why && (expect.stringMatching(why) as string) };
}

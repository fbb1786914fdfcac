/** Which of several commands counts. */
import { JobCommands } from '../../activities/job-commands';

test.each([
  ['nothing was asked', [], {}],
  [
    'each limit by itself',
    [
      [{ maxDowntimeMs: 5 }, 1],
      [{ bandwidthMiBps: 0 }, 2],
    ],
    { maxDowntimeMs: 5, bandwidthMiBps: 0 },
  ],
  [
    'the newest',
    [
      [{ maxDowntimeMs: 5 }, 1],
      [{ maxDowntimeMs: 6 }, 2],
    ],
    { maxDowntimeMs: 6 },
  ],
  [
    'the newest, in whatever order they arrive',
    [
      [{ maxDowntimeMs: 6 }, 2],
      [{ maxDowntimeMs: 5 }, 1],
    ],
    { maxDowntimeMs: 6 },
  ],
  [
    'of the same time the one that arrives last',
    [
      [{ maxDowntimeMs: 6 }, 2],
      [{ maxDowntimeMs: 5 }, 2],
    ],
    { maxDowntimeMs: 5 },
  ],
  [
    'nothing said takes nothing away',
    [
      [{ maxDowntimeMs: 6 }, 2],
      [{}, 3],
    ],
    { maxDowntimeMs: 6 },
  ],
] as const)('%s', (_what, asked, counts) => {
  const commands = new JobCommands();
  for (const [overrides, at] of asked) commands.override(overrides, at);
  expect(commands.overrides).toEqual(counts);
});

test.each([
  ['before a start is forgotten: its run was reset', 1, false, {}],
  ['at the same time counts', 2, true, { maxDowntimeMs: 5 }],
  ['after it counts', 3, true, { maxDowntimeMs: 5 }],
] as const)('what was asked for %s', (_what, askedAt, aborted, overrides) => {
  const commands = new JobCommands();
  commands.abort(askedAt);
  commands.override({ maxDowntimeMs: 5 }, askedAt);
  commands.startAnew(2);
  expect(commands.abortRequested).toBe(aborted);
  expect(commands.overrides).toEqual(overrides);
});

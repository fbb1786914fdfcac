/** The downtime's schedule: Nova's steps, and what they are counted by. */
import fc from 'fast-check';
import { DEFAULT_POLICY } from '../../src/contract';
import { dataGiB, downtimeAt, stepsEndMs } from '../../src/convergence';

const GIB = 2 ** 30;
const policy = {
  ...DEFAULT_POLICY,
  initialDowntimeMs: 300,
  maxDowntimeMs: 500,
  downtimeSteps: 4,
  downtimeStepSecondsPerGiB: 10,
};

test.each([
  ['a small guest counts as two GiB', GIB, 0, 2],
  ['framebuffer counts as RAM does', 4 * GIB, 6144, 10],
  ['framebuffer alone can be the larger part', 0, 24_576, 24],
  ['parts of a GiB count', 2.5 * GIB, 512, 3],
])('%s', (_what, ram, framebufferMiB, gib) => {
  expect(dataGiB(ram, framebufferMiB)).toBe(gib);
});

test.each([
  [0, 300],
  [19_999, 300],
  [20_000, 350],
  [40_000, 400],
  [60_000, 450],
  [79_999, 450],
  [80_000, 500],
  [10_000_000, 500],
])('two GiB, a step each 20 s: after %i ms it is %i ms', (elapsedMs, downtimeMs) => {
  expect(downtimeAt(policy, elapsedMs, 2)).toBe(downtimeMs);
});

test("agrees with Nova's own numbers for its NVIDIA setting, from a third on", () => {
  const nvidia = {
    ...policy,
    initialDowntimeMs: 166_666,
    maxDowntimeMs: 500_000,
    downtimeSteps: 3,
    downtimeStepSecondsPerGiB: 3,
  };
  // downtime_steps(10) with 500000 ms, 3 steps, 3 s per GB yields these
  const nova = [
    [0, 166_666],
    [30, 277_777],
    [60, 388_888],
    [90, 500_000],
  ] as const;
  for (const [second, ms] of nova)
    expect(Math.abs(downtimeAt(nvidia, second * 1000, 10) - ms)).toBeLessThanOrEqual(1);
});

test('a policy without room for steps stays at its maximum', () => {
  for (const initialDowntimeMs of [500, 700]) {
    expect(downtimeAt({ ...policy, initialDowntimeMs }, 0, 2)).toBe(500);
    expect(stepsEndMs({ ...policy, initialDowntimeMs }, 2)).toBe(0);
  }
});

test('steps without a delay are all taken at once', () => {
  expect(downtimeAt({ ...policy, downtimeStepSecondsPerGiB: 0 }, 0, 2)).toBe(500);
});

test('the last step is taken when the steps end, and not before', () => {
  expect(stepsEndMs(policy, 3)).toBe(120_000);
  expect(downtimeAt(policy, 119_999, 3)).toBe(450);
  expect(downtimeAt(policy, 120_000, 3)).toBe(500);
});

test('never goes down, and never leaves what lies between the initial and the maximum downtime', () => {
  const ms = fc.integer({ min: 1, max: 2_000_000 });
  const any = fc.record({
    initialDowntimeMs: ms,
    maxDowntimeMs: ms,
    downtimeSteps: fc.integer({ min: 1, max: 100 }),
    downtimeStepSecondsPerGiB: fc.integer({ min: 0, max: 604_800 }),
  });
  const time = fc.integer({ min: 0, max: 10_000_000 });
  const gib = fc.double({ min: 2, max: 4096, noNaN: true });
  fc.assert(
    fc.property(any, time, time, gib, (steps, a, b, size) => {
      const [early, late] = [
        downtimeAt(steps, Math.min(a, b), size),
        downtimeAt(steps, Math.max(a, b), size),
      ];
      const most = steps.maxDowntimeMs;
      expect(early).toBeLessThanOrEqual(late);
      expect(early).toBeGreaterThanOrEqual(Math.min(steps.initialDowntimeMs, most));
      expect(late).toBeLessThanOrEqual(most);
      expect(Number.isInteger(late)).toBe(true);
      expect(downtimeAt(steps, stepsEndMs(steps, size) + 1, size)).toBe(most);
    }),
  );
});

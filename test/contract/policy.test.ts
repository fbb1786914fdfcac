/** Which value counts: the client's, then the profile's, then the default. */
import { DEFAULT_POLICY, effectivePolicy } from '../../src/contract';

test.each([
  ['the defaults, if nobody says anything', {}, null, {}],
  ['the profile before the defaults', {}, { downtimeSteps: 3 }, { downtimeSteps: 3 }],
  ['what was asked for before the profile', { downtimeSteps: 7 }, { downtimeSteps: 3 }, { downtimeSteps: 7 }],
  [
    'each field by itself',
    { maxDowntimeMs: 900, switchover: 'libvirt' as const },
    { maxDowntimeMs: 60_000, onTimeout: 'force-complete' as const },
    { maxDowntimeMs: 900, switchover: 'libvirt', onTimeout: 'force-complete' },
  ],
  [
    'a maximum below the initial downtime lowers that too',
    { maxDowntimeMs: 100 },
    null,
    { maxDowntimeMs: 100, initialDowntimeMs: 100 },
  ],
  [
    'also if the initial one was asked for',
    { initialDowntimeMs: 900 },
    null,
    { initialDowntimeMs: DEFAULT_POLICY.maxDowntimeMs },
  ],
])('%s', (_what, asked, profile, counts) => {
  expect(effectivePolicy(asked, profile)).toEqual({ ...DEFAULT_POLICY, ...counts });
});

test('by default the last step comes before the completion timeout: both count by the GiB', () => {
  const { downtimeSteps, downtimeStepSecondsPerGiB, completionTimeoutSecondsPerGiB } = DEFAULT_POLICY;
  expect(downtimeSteps * downtimeStepSecondsPerGiB).toBeLessThan(completionTimeoutSecondsPerGiB);
});

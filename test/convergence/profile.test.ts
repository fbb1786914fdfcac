/** What the configuration says of a guest's vGPU types, merged. */
import { type VgpuProfiles, guestProfile } from '../../src/convergence';

const profiles: VgpuProfiles = {
  slow: { framebufferMiB: 8192, policy: { maxDowntimeMs: 60_000, downtimeSteps: 3 } },
  quick: { framebufferMiB: 1024, policy: { maxDowntimeMs: 900, downtimeSteps: 5, initialDowntimeMs: 90 } },
  patient: { policy: { completionTimeoutSecondsPerGiB: 0, progressTimeoutSeconds: 0 } },
  hasty: { policy: { completionTimeoutSecondsPerGiB: 9, progressTimeoutSeconds: 9 } },
  forced: { policy: { onTimeout: 'force-complete' } },
  ended: { policy: { onTimeout: 'abort' } },
  memory: { framebufferMiB: 512 },
};

test.each([
  ['no vGPU', [], null, 0],
  ['a type that is not configured', ['other'], null, 0],
  ['a type whose name every object has', ['constructor'], null, 0],
  ['a device whose type is not known', [null], null, 0],
  ['one type', ['slow'], { maxDowntimeMs: 60_000, downtimeSteps: 3 }, 8192],
  ['framebuffer only: no policy', ['memory'], null, 512],
  ['two of a type: the framebuffer twice', ['memory', 'memory'], null, 1024],
  [
    'of each number the largest',
    ['slow', 'quick'],
    { maxDowntimeMs: 60_000, downtimeSteps: 5, initialDowntimeMs: 90 },
    9216,
  ],
  [
    'a type that says nothing takes nothing away',
    ['slow', 'other'],
    { maxDowntimeMs: 60_000, downtimeSteps: 3 },
    8192,
  ],
  [
    'a timeout of none outlasts any',
    ['hasty', 'patient'],
    { completionTimeoutSecondsPerGiB: 0, progressTimeoutSeconds: 0 },
    0,
  ],
  [
    'the same, in the other order',
    ['patient', 'hasty'],
    { completionTimeoutSecondsPerGiB: 0, progressTimeoutSeconds: 0 },
    0,
  ],
  ['completion is forced if all say so', ['forced', 'forced'], { onTimeout: 'force-complete' }, 0],
  ['not if one says otherwise', ['forced', 'ended'], { onTimeout: 'abort' }, 0],
  ['not if one says nothing', ['forced', 'memory'], { onTimeout: 'abort' }, 512],
  ['not if one is not configured', ['forced', 'other'], { onTimeout: 'abort' }, 0],
])('%s', (_what, types, profile, framebufferMiB) => {
  expect(guestProfile(types, profiles)).toEqual({ profile, framebufferMiB });
});

/** Whether a job still gets anywhere. */
import { leastRemaining } from '../../src/convergence';

test.each([
  ['the first look counts as progress', undefined, { bytes: 900, atMs: 7 }, { bytes: 900, atMs: 7 }],
  ['less than ever is progress', { bytes: 900, atMs: 7 }, { bytes: 899, atMs: 9 }, { bytes: 899, atMs: 9 }],
  ['as little as before is none', { bytes: 900, atMs: 7 }, { bytes: 900, atMs: 9 }, { bytes: 900, atMs: 7 }],
  ['more is none', { bytes: 900, atMs: 7 }, { bytes: 950, atMs: 9 }, { bytes: 900, atMs: 7 }],
])('%s', (_what, before, now, after) => {
  expect(leastRemaining(before, now)).toEqual(after);
});

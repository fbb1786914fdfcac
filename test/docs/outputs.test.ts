import { masked } from './outputs';

test('what differs from run to run does not count, all else does', () => {
  const one =
    'inspect   0.12 s  ███\nguest 7c0de9a4-5f0e-4d6b-9a51-2f5c8e1d7a07 since 2026-11-27T18:28:12.113Z\n';
  const other =
    'inspect  10.1 s  █████\nguest 00000000-5f0e-4d6b-9a51-2f5c8e1d7a07 since 2027-01-02T03:04:05.006Z';
  expect(masked(one)).toBe(masked(other));
  expect(masked(one)).not.toBe(masked(other.replace('inspect', 'check')));
});

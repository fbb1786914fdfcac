/** What a client may pass to LiveMigrateVgpu. */
import { DEFAULT_POLICY, checkMigrationInput } from '../../src/contract';

const good = { guest: '6a1b2c3d-0000-4000-8000-000000000001', source: 'host-a', destination: 'host-b' };

test('defaults fill what is not given', () => {
  expect(checkMigrationInput(good)).toEqual({ ok: true, input: { ...good, policy: DEFAULT_POLICY } });
  expect(checkMigrationInput({ ...good, policy: { maxDowntimeMs: 2000 } })).toMatchObject({
    input: { policy: { ...DEFAULT_POLICY, maxDowntimeMs: 2000 } },
  });
});

const bad: [string, unknown, RegExp][] = [
  ['no object', 'guest', /^input: found "guest"/],
  ['null', null, /^input: found null/],
  ['an array', [good], /^input: found \[/],
  ['malformed UUID', { ...good, guest: '6a1b2c3d' }, /^guest: found "6a1b2c3d", required a UUID/],
  [
    'upper-case UUID: the workflow id is the mutex',
    { ...good, guest: good.guest.toUpperCase() },
    /^guest: .*lower case/,
  ],
  ['missing guest', { source: 'a', destination: 'b' }, /^guest: found nothing/],
  ['a guest name with XML', { ...good, guest: '<domain/>' }, /^guest: found "<domain\/>"/],
  ['a host with shell characters', { ...good, source: 'a;rm -rf /' }, /^source: found "a;rm -rf \/"/],
  ['a host with a newline', { ...good, destination: 'a\nb' }, /^destination: found "a\\nb"/],
  ['an empty host', { ...good, destination: '' }, /^destination: found ""/],
  ['a host over 63 letters', { ...good, destination: 'a'.repeat(64) }, /^destination:/],
  [
    'an unknown field',
    { ...good, dest: 'host-b' },
    /^"dest": unknown field; known here: guest, source, destination, policy/,
  ],
  ['an unknown policy', { ...good, policy: { postcopy: true } }, /^policy\."postcopy": unknown field/],
  ['a policy that is no object', { ...good, policy: 7 }, /^policy: found 7/],
  [
    'no downtime at all',
    { ...good, policy: { maxDowntimeMs: 0 } },
    /^policy.maxDowntimeMs: found 0, required a whole number from 1/,
  ],
  [
    'a downtime that QEMU refuses',
    { ...good, policy: { maxDowntimeMs: 2_000_001 } },
    /^policy.maxDowntimeMs/,
  ],
  ['a broken number', { ...good, policy: { bandwidthMiBps: 1.5 } }, /^policy.bandwidthMiBps: found 1.5/],
  ['a negative bandwidth', { ...good, policy: { bandwidthMiBps: -1 } }, /^policy.bandwidthMiBps: found -1/],
  [
    'an unknown switchover',
    { ...good, policy: { switchover: 'postcopy' } },
    /required one of fenced, libvirt/,
  ],
  [
    'an unknown device policy',
    { ...good, policy: { sourceMdevs: 'destroy' } },
    /required one of remove, keep/,
  ],
];

test.each(bad)('refuses %s, by name', (_what, input, problem) => {
  const checked = checkMigrationInput(input);
  expect(checked).toMatchObject({ ok: false, problems: [expect.stringMatching(problem)] });
});

test('names every problem at once, and no text longer than a line', () => {
  const checked = checkMigrationInput({
    guest: 'x'.repeat(500),
    source: '',
    destination: '',
    policy: { maxDowntimeMs: 'soon' },
  });
  if (checked.ok) throw new Error('accepted');
  expect(checked.problems).toHaveLength(4);
  for (const problem of checked.problems) expect(problem.length).toBeLessThan(200);
});

/** What a client may pass to LiveMigrateVgpu. */
import {
  type Command,
  COMMANDS,
  COMMAND_ARGUMENTS,
  POLICY_NUMBERS,
  checkMigrationInput,
} from '../../src/contract';

const good = { guest: '6a1b2c3d-0000-4000-8000-000000000001', source: 'host-a', destination: 'host-b' };

test('a policy stays what was asked for: profile and defaults come later', () => {
  expect(checkMigrationInput(good)).toEqual({ ok: true, input: { ...good, policy: {} } });
  const policy = { maxDowntimeMs: 2000, onTimeout: 'force-complete' };
  expect(checkMigrationInput({ ...good, policy })).toEqual({ ok: true, input: { ...good, policy } });
});

test.each(POLICY_NUMBERS)('policy.%s: from %i to %i, both included', (field, least, most) => {
  const check = (value: number): boolean => checkMigrationInput({ ...good, policy: { [field]: value } }).ok;
  expect([least - 1, least, most, most + 1].map(check)).toEqual([false, true, true, false]);
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
    'an unknown action',
    { ...good, policy: { onTimeout: 'suspend' } },
    /^policy.onTimeout: found "suspend", required one of abort, force-complete/,
  ],
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

const fine: [Command, unknown][] = [
  ['abort', undefined],
  ['forceComplete', undefined],
  ['forceComplete', null],
  ['forceComplete', {}],
  ['forceComplete', { maxDowntimeMs: 2_000_000 }],
  ['setMaxDowntime', { maxDowntimeMs: 1 }],
  ['setBandwidth', { bandwidthMiBps: 0 }],
  ['resolve', { guestIsOn: 'source' }],
  ['resolve', { guestIsOn: 'destination' }],
  ['resolve', { fenced: 'host-b' }],
];

test.each(fine)('%s takes %j', (command, argument) => {
  expect(COMMAND_ARGUMENTS[command](argument)).toEqual([]);
});

const wrong: [Command, unknown, RegExp][] = [
  ['forceComplete', 7, /^found 7, required an object with maxDowntimeMs/],
  ['forceComplete', { maxDowntimeMs: 2_000_001 }, /^maxDowntimeMs: found 2000001/],
  ['forceComplete', { suspend: true }, /^"suspend": unknown field/],
  ['setMaxDowntime', undefined, /^found nothing, required an object/],
  ['setMaxDowntime', {}, /^maxDowntimeMs: found nothing/],
  ['setMaxDowntime', { maxDowntimeMs: 0 }, /^maxDowntimeMs: found 0, required a whole number from 1/],
  ['setMaxDowntime', { maxDowntimeMs: 1.5 }, /^maxDowntimeMs: found 1.5/],
  ['setMaxDowntime', [5], /^found \[5\]/],
  ['setBandwidth', {}, /^bandwidthMiBps: found nothing/],
  ['setBandwidth', { bandwidthMiBps: -1 }, /^bandwidthMiBps: found -1/],
  ['setBandwidth', { bandwidthMiBps: 1_048_577 }, /^bandwidthMiBps: found 1048577/],
  ['resolve', undefined, /^found nothing, required an object with guestIsOn or fenced/],
  ['resolve', {}, /^required one of guestIsOn/],
  ['resolve', { guestIsOn: 'source', fenced: 'host-b' }, /^required one of guestIsOn/],
  ['resolve', { guestIsOn: 'both' }, /^guestIsOn: found "both", required one of source, destination/],
  ['resolve', { fenced: 'a;reboot' }, /^fenced: found "a;reboot", required a host id/],
  ['resolve', { guestIsOn: 'source', why: 'seen' }, /^"why": unknown field/],
];

test.each(wrong)('%s refuses %j, by name', (command, argument, problem) => {
  expect(COMMAND_ARGUMENTS[command](argument)).toEqual([expect.stringMatching(problem)]);
});

test('every command has its rules', () => {
  expect(Object.keys(COMMAND_ARGUMENTS).sort()).toEqual([...COMMANDS].sort());
});

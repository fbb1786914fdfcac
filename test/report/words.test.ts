/** What a step gave back, in words. */
import { resultInWords } from '../../src/report/words';

test('what was decided of a job while it ran stands in its order, with why completion was forced', () => {
  const decisions = [
    { atMs: 30_000, maxDowntimeMs: 450 },
    { atMs: 90_500, maxDowntimeMs: 30_000, forced: 'no progress for 60 s' },
  ];
  expect(resultInWords('migrateGuest', { job: null, adopted: false, decisions })).toBe(
    'after 30.0 s a maximum downtime of 450 ms; completion forced, after 90.5 s a maximum downtime of 30000 ms: no progress for 60 s',
  );
});

test('an agent that tells of no decision', () => {
  expect(resultInWords('migrateGuest', { job: null, adopted: true })).toBe('a job that was found under way');
});

/** What the doctor makes of agents' clocks, of namesakes and of a namespace's retention. */
import type { HostAnswer } from '../../src/temporal/hosts';
import { judgeAgent, judgeNamesakes, judgeRetention } from '../../src/doctor/temporal';

const NOW = Date.parse('2026-01-01T00:00:10Z');
const answering = (at: string): HostAnswer =>
  ({ host: 'host-b', answers: true, inventory: { at, protocol: 3 } }) as unknown as HostAnswer;

test.each<[string, HostAnswer, string, RegExp]>([
  ['right', answering('2026-01-01T00:00:08Z'), 'ok', /^answers, protocol 3$/],
  ['ahead', answering('2026-01-01T00:01:10Z'), 'warn', /its clock is 60 s ahead of/],
  ['behind', answering('2026-01-01T00:00:00Z'), 'warn', /its clock is 10 s behind this/],
  ['silent', { host: 'host-b', answers: false, found: 'no agent answers' }, 'warn', /^no agent answers$/],
])('an agent whose clock is %s', (_what, answer, verdict, found) =>
  expect(judgeAgent(answer, 'host-a', NOW)).toMatchObject({ verdict, found: expect.stringMatching(found) }),
);

test('an agent whose answer cannot be read: its own mend', () => {
  const answer: HostAnswer = { host: 'host-b', answers: false, found: 'encrypted', fix: 'Give it the key.' };
  expect(judgeAgent(answer, null, NOW)).toMatchObject({ verdict: 'warn', fix: 'Give it the key.' });
});

test.each([
  [[], 0],
  [['this'], 0],
  [['other', 'this'], 1],
])('a host id used by %j', (machines, count) =>
  expect(judgeNamesakes('host-a', machines, 'this')).toHaveLength(count),
);

test.each([
  [3600, 'warn'],
  [86_400, 'ok'],
  [0, 'ok'],
])('kept for %i s: %s', (seconds, verdict) => expect(judgeRetention('n', seconds).verdict).toBe(verdict));

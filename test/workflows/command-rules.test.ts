/** Which commands are legal when: a line a situation, a column a command. */
import { type COMMANDS } from '../../src/contract';
import { type Situation, allowedCommands, whyRefused } from '../../workflows/command-rules';

const MOVING: Situation = {
  source: 'host-a',
  destination: 'host-b',
  stage: 'migrate',
  committed: false,
  abortRequested: false,
  sourceProtocol: 2,
  away: [],
  silent: [],
  undecided: false,
};

const ALL_BUT_RESOLVE = ['abort', 'forceComplete', 'setMaxDowntime', 'setBandwidth'];

test.each<[string, Partial<Situation>, string[]]>([
  ['before the source was asked', { stage: 'inspect', sourceProtocol: null }, ALL_BUT_RESOLVE],
  ['while claiming', { stage: 'claim' }, ALL_BUT_RESOLVE],
  ['while moving', {}, ALL_BUT_RESOLVE],
  ['while moving, with an agent of the first protocol', { sourceProtocol: 1 }, ['abort']],
  ['once an abort was asked for', { abortRequested: true }, ['abort']],
  ['while a host is away', { away: ['host-b'] }, [...ALL_BUT_RESOLVE, 'resolve']],
  ['while nobody can know the owner', { undecided: true }, [...ALL_BUT_RESOLVE, 'resolve']],
  ['past the switchover', { stage: 'finalize', committed: true }, []],
  [
    'past the switchover, while the source is away',
    { stage: 'cleanup', committed: true, away: ['host-a'] },
    ['resolve'],
  ],
  ['while undoing', { stage: 'undoing' }, []],
  ['while undoing waits for a host', { stage: 'undoing', away: ['host-b'] }, ['resolve']],
  ['after the end', { stage: 'done', away: ['host-b'], undecided: true }, []],
])('%s', (_when, change, allowed) => {
  expect(allowedCommands({ ...MOVING, ...change })).toEqual(allowed);
});

test.each<[string, Partial<Situation>, RegExp]>([
  ['abort', { committed: true }, /host-b for good/],
  ['setMaxDowntime', { sourceProtocol: 1 }, /host-a speaks protocol 1.*upgrade/],
  ['forceComplete', { abortRequested: true }, /abort was asked for/],
  ['setBandwidth', { stage: 'undoing' }, /being undone/],
  ['resolve', {}, /nothing waits for a decision/],
])('a refused %s says why', (command, change, reason) => {
  expect(whyRefused(command as (typeof COMMANDS)[number], { ...MOVING, ...change })).toMatch(reason);
});

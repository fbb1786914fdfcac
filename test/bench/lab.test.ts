/** What the moves in the lab come to. */
import { goalRows } from '../../bench/goals';
import { type Round, labFigures, memoryFigures, stagesTimeline } from '../../bench/lab/figures';
import { type Move, WAYS, type Way, downtimeIn, worstGap } from '../../bench/lab/move';
import { tickTimes } from '../../lab/src/trace';
import { suiteResult } from './fixtures';

const BASE: Omit<Move, 'way'> = {
  ...{ wall: 1_000, downtime: 100, sourceEnded: 60, reported: 90, guestGap: 95 },
  stages: [],
};

function round(changes: Partial<Record<Way, Partial<Move>>> = {}): Round {
  return Object.fromEntries(WAYS.map((way) => [way, { ...BASE, way, ...changes[way] }])) as Round;
}

const verdicts = (rounds: Round[]): string[] =>
  goalRows({ suites: { lab: { ...suiteResult([]), figures: labFigures(rounds) } } })
    .filter(({ goal }) => goal.startsWith('In the lab'))
    .map(({ verdict }) => verdict);

test('as quick as the script reaches both goals', () => {
  expect(verdicts([round(), round()])).toEqual(['met', 'met']);
});

test.each<[string, Partial<Record<Way, Partial<Move>>>, string[]]>([
  ['a slow migration with the fence', { fenced: { wall: 1_200 } }, ['not met', 'met']],
  ['a slow one without it', { "libvirt's switchover": { wall: 1_200 } }, ['not met', 'met']],
  ['a longer downtime without the fence', { "libvirt's switchover": { downtime: 110 } }, ['met', 'not met']],
  ['a longer one with it, which has no goal', { fenced: { downtime: 300 } }, ['met', 'met']],
])('%s', (_, changes, expected) => {
  expect(verdicts([round(changes)])).toEqual(expected);
});

test('what the fence adds is split where the source can run no more', () => {
  const parts = labFigures([round({ fenced: { downtime: 700, sourceEnded: 620 } })]).filter(({ name }) =>
    name.startsWith('fence:'),
  );
  expect(parts.map(({ median }) => median)).toEqual([620, 80]);
});

test('the stages stand one after another, as medians', () => {
  const stages = (inspect: number, migrate: number): Partial<Move> => ({
    stages: [
      { stage: 'inspect', startedAt: '', ms: inspect },
      { stage: 'migrate', startedAt: '', ms: migrate },
    ],
  });
  const rounds = [10, 20, 30].map((ms) => round({ fenced: stages(ms, ms * 10) }));
  expect(stagesTimeline(rounds).spans.filter(({ row }) => row === 'fenced')).toEqual([
    { row: 'fenced', kind: 'inspect', from: 0, to: 20 },
    { row: 'fenced', kind: 'migrate', from: 20, to: 220 },
  ]);
});

test("libvirt's own word is read of what virsh prints", () => {
  expect(downtimeIn('Job type:         Completed   \nTotal downtime:   355          ms\n')).toBe(355);
  expect(() => downtimeIn('Job type:         None        \n')).toThrow('no downtime');
});

test("the guest's worst gap, less its period", () => {
  const line = (n: number, ms: number): string => `n=${n} ms=${ms} mttys=1 fifo_errs=0 scr_errs=0 dirtied=0`;
  const text = [line(1, 200), line(2, 400), line(3, 1_100), line(4, 1_300), ''].join('\n');
  expect(tickTimes(text)).toEqual([200, 400, 1_100, 1_300]);
  expect(worstGap(tickTimes(text))).toBe(500);
});

test('the memory of an idle agent is judged, not that of one that has migrated', () => {
  const [idle, used] = memoryFigures({ idle: [119, 123], used: [170, 180] });
  expect(idle).toMatchObject({ median: 121, met: false });
  expect(used).toMatchObject({ median: 175, met: null });
});

test('a migration stands beside the script that makes such a device too', () => {
  const figures = labFigures([round({ lasting: { wall: 1_000 }, fenced: { wall: 1_050 } })]);
  expect(figures.find(({ name }) => name === 'fenced, beside that script')).toMatchObject({
    ratio: 1.05,
    met: null,
  });
});

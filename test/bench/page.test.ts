import { goalRows } from '../../bench/goals';
import { atLeast, atMost, figure } from '../../bench/harness/figure';
import { ORDER, SUITES } from '../../bench/suites';
import { pageOf } from '../../scripts/reference/performance';
import { SUITE_WORDS } from '../../scripts/reference/performance-words';
import { suiteResult } from './fixtures';

const XML = { name: "typical guest's XML (8 KiB)", unit: 'ms', goal: atMost('median', 1) };
const XML_GOAL = "A typical guest's XML rewritten and verified within 1 ms";
const THROUGHPUT_GOAL = 'With 1000 in flight, at least 0.9 of the throughput of a bare workflow';

const rowOf = (goal: string, results: Parameters<typeof goalRows>[0]) =>
  goalRows(results).find((row) => row.goal === goal);

test('without results no goal is met, and none is missed', () => {
  const verdicts = goalRows({ suites: {} }).map(({ verdict }) => verdict);
  expect(new Set(verdicts)).toEqual(new Set(['not measured yet']));
});

test.each([
  [0.5, 'met'],
  [1.5, 'not met'],
])('a goal measured at %f', (value, verdict) => {
  const results = { suites: { micro: suiteResult([{ ...XML, values: [value] }]) } };
  expect(rowOf(XML_GOAL, results)).toEqual({ goal: XML_GOAL, measured: `${value} ms`, verdict });
});

test('one miss among many is a miss, and is named', () => {
  const cell = (hosts: number, perSecond: number) => ({
    ...{ name: `migrations of no work, 1000 in flight over ${hosts} hosts`, unit: 'a second' },
    ...{ values: [perSecond], baseline: { name: 'bare', values: [10] }, goal: atLeast('ratio', 0.9) },
  });
  const results = { suites: { 'control-plane': suiteResult([cell(10, 9.5), cell(100, 8), cell(1000, 9)]) } };
  expect(rowOf(THROUGHPUT_GOAL, results)).toMatchObject({
    measured: '1 of 3 miss it; migrations of no work, 1000 in flight over 100 hosts: 0.8 times',
    verdict: 'not met',
  });
});

test('figures of another suite decide nothing', () => {
  const results = { suites: { growth: suiteResult([{ ...XML, values: [0.5] }]) } };
  expect(rowOf(XML_GOAL, results)?.verdict).toBe('not measured yet');
});

test('the page has words for each suite, and says which are not measured', () => {
  expect(Object.keys(SUITE_WORDS)).toEqual(ORDER);
  const page = pageOf({ suites: {} }, () => true);
  for (const { name } of SUITES)
    expect(page).toContain(`Not measured yet: \`npm run bench -- --only ${name}\``);
  expect(page).toContain('Not measured yet: `npm run bench:lab`');
});

test('a figure has its row, with its spread, baseline and verdict', () => {
  const spec = { ...XML, values: [2, 4], baseline: { name: 'lxml', values: [1, 1] } };
  const page = pageOf({ suites: { micro: suiteResult([spec]) } }, () => false);
  const { median, p95 } = figure(spec);
  expect(page).toContain(
    `| ${XML.name} | ${median} ms | ${p95} | 2 | lxml: 1 | 3 | median at most 1 | not met |`,
  );
});

test('what was measured on a busy machine is marked', () => {
  const page = (start: number): string =>
    pageOf(
      { suites: { micro: suiteResult([{ ...XML, values: [1] }], { load: { start, end: 2 } }) } },
      () => false,
    );
  expect(page(2)).toContain('other work');
  expect(page(0.2)).not.toContain('other work');
});

test('only plots that are there are shown', () => {
  const chart = { name: 'throughput', title: 'T', x: 'x', y: 'y', lines: [] };
  const results = { suites: { 'control-plane': suiteResult([], { charts: [chart] }) } };
  expect(pageOf(results, () => true)).toContain('![T](performance/throughput.svg)');
  expect(pageOf(results, () => false)).not.toContain('throughput.svg');
});

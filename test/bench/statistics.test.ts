import { atLeast, atMost, figure, isMet } from '../../bench/harness/figure';
import { interleaved, turned } from '../../bench/harness/rounds';
import { growthExponent, pairedRatio, quantile, spreadOf } from '../../bench/harness/statistics';

test.each([
  [[3], 0.5, 3],
  [[4, 1, 3, 2], 0.5, 2.5],
  [[10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 0.95, 9.5],
  [[1, 2], 0, 1],
  [[1, 2], 1, 2],
])('quantile of %j at %f', (values, part, expected) => {
  expect(quantile(values, part)).toBe(expected);
});

test('a spread has all of it, whatever the order', () => {
  expect(spreadOf([5, 1, 3])).toEqual({ median: 3, p95: 4.8, min: 1, max: 5, runs: 3 });
});

test('what was not measured has no spread', () => {
  expect(() => spreadOf([])).toThrow('no values');
});

test('a ratio is that of the rounds, not of the medians', () => {
  // a slow minute of the machine in the second round: 10 and 5 tell the same as 2 and 1
  expect(pairedRatio([2, 10, 3], [1, 5, 1])).toBe(2);
});

test('rounds without their partner are refused', () => {
  expect(() => pairedRatio([1, 2], [1])).toThrow('pairs');
});

const points = (...pairs: [number, number][]): { x: number; y: number }[] =>
  pairs.map(([x, y]) => ({ x, y }));

test.each([
  ['linear beside what is always there', points([1, 101], [100, 200], [1000, 1100]), 1],
  ['quadratic', points([0, 0], [10, 100], [100, 10_000]), 2],
  ['noise alone', points([1, 100], [10, 104], [100, 110]), 0],
  ['grown at the last step alone', points([1, 100], [10, 100], [100, 1_000]), 1],
])('growth: %s', (_what, measured, exponent) => {
  expect(growthExponent(measured)).toBeCloseTo(exponent, 1);
});

test('two points are no growth', () => {
  expect(() => growthExponent(points([1, 1], [2, 2]))).toThrow('three points');
});

const found = { median: 2, p95: 4, ratio: 1.5 };

test.each([
  [atMost('median', 2), true],
  [atMost('median', 1.9), false],
  [atMost('p95', 3), false],
  [atMost('ratio', 1.5), true],
  [atLeast('ratio', 1.6), false],
  [atLeast('ratio', 1.5), true],
])('goal %j', (goal, met) => {
  expect(isMet(goal, found)).toBe(met);
});

test('a ratio that nobody has measured meets nothing', () => {
  expect(isMet(atLeast('ratio', 0.1), { ...found, ratio: null })).toBe(false);
  expect(isMet(atMost('ratio', 100), { ...found, ratio: NaN })).toBe(false);
});

test('a figure is judged by what was measured, not by its rounded form', () => {
  const judged = figure({ name: 'x', unit: 'ms', values: [1.00001], goal: atMost('median', 1) });
  expect(judged).toMatchObject({ median: 1, met: false, baseline: null, ratio: null });
});

test('a figure with its baseline', () => {
  const beside = { name: 'bare', values: [1, 2] };
  expect(figure({ name: 'x', unit: 'ms', values: [3, 6], baseline: beside })).toEqual({
    ...{ name: 'x', unit: 'ms', median: 4.5, p95: 5.85, min: 3, max: 6, runs: 2 },
    baseline: { name: 'bare', median: 1.5, p95: 1.95, min: 1, max: 2, runs: 2 },
    ...{ ratio: 3, goal: null, met: null },
  });
});

test('each round begins with another, and warm-ups do not count', async () => {
  const order: string[] = [];
  const measure = (name: string) => (): number => order.push(name);
  const values = await interleaved({ rounds: 2, warmUps: 1 }, { a: measure('a'), b: measure('b') });
  expect(order).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
  expect(values).toEqual({ a: [4, 5], b: [3, 6] });
});

test('turning by more than there are', () => {
  expect(turned(['a', 'b', 'c'], 4)).toEqual(['b', 'c', 'a']);
});

/** Pure: what a list of measured values comes to. */

export interface Spread {
  median: number;
  p95: number;
  min: number;
  max: number;
  runs: number;
}

export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('no values were measured');
  return {
    median: quantile(values, 0.5),
    p95: quantile(values, 0.95),
    min: Math.min(...values),
    max: Math.max(...values),
    runs: values.length,
  };
}

/** Linear between the two nearest ranks, as most tools do it (type 7 of Hyndman and Fan). */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const rank = (sorted.length - 1) * part;
  const below = sorted[Math.floor(rank)] ?? NaN;
  const above = sorted[Math.ceil(rank)] ?? NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Round by round, so that a slow minute of the machine counts on both sides; the median of the rounds' ratios. */
export function pairedRatio(values: readonly number[], baseline: readonly number[]): number {
  if (values.length !== baseline.length)
    throw new Error(`${values.length} values beside ${baseline.length} of the baseline; required: pairs`);
  return median(values.map((value, round) => value / (baseline[round] ?? NaN)));
}

export interface Point {
  x: number;
  y: number;
}

/** Below this part of the first cost, what was added is not told from noise. */
const NOISE = 0.25;

/**
 * How the cost grows at the far end: the exponent k of y ~ x^k between the last two points, after the cost at the first point,
 * which is there without any growth, is taken off. 1 = linear; 0 = it does not grow.
 */
export function growthExponent(points: readonly Point[]): number {
  const [first, last, before] = [points[0], points.at(-1), points.at(-2)];
  if (points.length < 3 || !first || !last || !before) throw new Error('growth takes three points or more');
  const [grown, grownBefore] = [last.y - first.y, before.y - first.y];
  if (grown <= NOISE * first.y) return 0;
  if (grownBefore <= NOISE * first.y) return Math.log(last.y / before.y) / Math.log(last.x / before.x);
  return Math.log(grown / grownBefore) / Math.log((last.x - first.x) / (before.x - first.x));
}

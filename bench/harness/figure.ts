/** What the benchmarks publish: a figure with its spread, what it was measured beside, and what it must reach. */
import { type Spread, pairedRatio, spreadOf } from './statistics';

export interface Goal {
  of: 'median' | 'p95' | 'ratio';
  bound: 'at most' | 'at least';
  value: number;
}

export interface Baseline extends Spread {
  name: string;
}

export interface Figure extends Spread {
  name: string;
  unit: string;
  /** Measured in the same rounds. */
  baseline: Baseline | null;
  /** Median of the rounds' ratios to the baseline. */
  ratio: number | null;
  goal: Goal | null;
  met: boolean | null;
  note?: string;
}

export interface FigureSpec {
  name: string;
  unit: string;
  values: readonly number[];
  baseline?: { name: string; values: readonly number[] };
  goal?: Goal;
  note?: string;
}

export const atMost = (of: Goal['of'], value: number): Goal => ({ of, bound: 'at most', value });
export const atLeast = (of: Goal['of'], value: number): Goal => ({ of, bound: 'at least', value });

export function figure({ name, unit, values, baseline, goal, note }: FigureSpec): Figure {
  const spread = spreadOf(values);
  const ratio = baseline ? pairedRatio(values, baseline.values) : null;
  return {
    ...{ name, unit, ...rounded(spread) },
    baseline: baseline ? { name: baseline.name, ...rounded(spreadOf(baseline.values)) } : null,
    ratio: ratio === null ? null : digits(ratio),
    goal: goal ?? null,
    met: goal ? isMet(goal, { ...spread, ratio }) : null,
    ...(note !== undefined && { note }),
  };
}

/** What was not measured misses its goal: it is left out instead. */
export function isMet(
  { of, bound, value }: Goal,
  found: Pick<Spread, 'median' | 'p95'> & { ratio: number | null },
): boolean {
  const measured = found[of];
  if (measured === null || Number.isNaN(measured)) return false;
  return bound === 'at most' ? measured <= value : measured >= value;
}

function rounded({ median, p95, min, max, runs }: Spread): Spread {
  return { median: digits(median), p95: digits(p95), min: digits(min), max: digits(max), runs };
}

/** Four significant digits are more than any measurement here has. */
export function digits(value: number): number {
  return Number(value.toPrecision(4));
}

/** docs/performance/results.json: the figures of each suite with where and when they were measured. A run replaces its own suites only. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Figure } from './figure';
import type { Machine } from './machine';

/** Lines of one plot; the x and y axes are logarithmic unless `linear` says otherwise. */
export interface Chart {
  /** Of the file, without its extension. */
  name: string;
  title: string;
  x: string;
  y: string;
  linear?: boolean;
  lines: { name: string; points: [x: number, y: number][] }[];
}

/** Spans of one row each, in milliseconds since the begin. */
export interface Timeline {
  name: string;
  title: string;
  spans: { row: string; kind: string; from: number; to: number }[];
}

/** Parts of a whole, in percent. */
export interface Shares {
  name: string;
  title: string;
  shares: { what: string; percent: number }[];
}

export interface SuiteOutput {
  figures: Figure[];
  charts?: Chart[];
  timelines?: Timeline[];
  shares?: Shares[];
  /** Of what else was measured. */
  versions?: Record<string, string>;
}

export interface SuiteResult extends Required<SuiteOutput> {
  date: string;
  commit: string;
  machine: Machine;
  versions: Record<string, string>;
  /** The machine's load average over a minute: what else it had to do. */
  load: { start: number; end: number };
  /** Small numbers, to see that all works: they say nothing. */
  quick: boolean;
  seconds: number;
}

export interface Results {
  suites: Record<string, SuiteResult>;
}

export function readResults(file: string): Results {
  if (!existsSync(file)) return { suites: {} };
  return JSON.parse(readFileSync(file, 'utf8')) as Results;
}

/** The figures of other suites stay as they are, in the order of `order`. */
export function merged(
  before: Results,
  suite: string,
  result: SuiteResult,
  order: readonly string[],
): Results {
  const suites = { ...before.suites, [suite]: result };
  const known = order.filter((name) => name in suites);
  return { suites: Object.fromEntries(known.map((name) => [name, suites[name]!])) };
}

export function writeResults(file: string, results: Results): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.next`, `${JSON.stringify(results, null, 2)}\n`);
  renameSync(`${file}.next`, file);
}

/** docs/performance.md: what `npm run bench` found, from docs/performance/results.json. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { goalRows } from '../../bench/goals';
import type { Figure } from '../../bench/harness/figure';
import { type Results, type SuiteResult, readResults } from '../../bench/harness/results';
import { SUITE_WORDS } from './performance-words';

const FOLDER = join(__dirname, '..', '..', 'docs', 'performance');

/** Cores that something else keeps busy, from which on only ratios are worth anything. */
const LOADED = 0.75;

export function performancePage(): string {
  return pageOf(readResults(join(FOLDER, 'results.json')), (name) => existsSync(join(FOLDER, `${name}.svg`)));
}

export function pageOf(results: Results, hasPlot: (name: string) => boolean): string {
  return [
    '# Performance',
    '<!-- Made of performance/results.json and of scripts/reference/performance-words.ts by `npm run docs`. -->',
    INTRODUCTION,
    '## Goals',
    table(
      ['goal', 'measured', ''],
      goalRows(results).map(({ goal, measured, verdict }) => [goal, measured, verdict]),
    ),
    ...Object.entries(SUITE_WORDS).flatMap(([name, words]) => [
      `## ${words.title}`,
      ...words.about,
      ...measured(name, results.suites[name], hasPlot),
    ]),
    OPEN,
  ].join('\n\n');
}

const INTRODUCTION = `What vgpu-ferry costs, beside what the machine, Temporal and others' tools cost. \`npm run build && npm run bench\` measures it; it needs
no root, no libvirt and no GPU: hosts are simulated, and need no time unless a suite says so. Each figure stands in
\`docs/performance/results.json\` with its spread, and what is compared was measured in turn, in one run; a ratio is the median of
the rounds' ratios. The embedded server is the one that \`vgpu-ferry dev\` starts, with its settings.`;

const OPEN = `## Not measured

- Hosts with real GPUs, and hosts that are not emulated.`;

function measured(
  name: string,
  suite: SuiteResult | undefined,
  hasPlot: (name: string) => boolean,
): string[] {
  if (!suite)
    return [`Not measured yet: \`npm run ${name === 'lab' ? 'bench:lab' : `bench -- --only ${name}`}\`.`];
  const plots = [...suite.timelines, ...suite.shares, ...suite.charts].filter((plot) => hasPlot(plot.name));
  return [
    frame(suite),
    ...plots.map(({ name: file, title }) => `![${title}](performance/${file}.svg)`),
    table(['figure', 'median', 'p95', 'runs', 'beside', 'ratio', 'goal', ''], suite.figures.map(row)),
  ];
}

function frame({ date, commit, machine, versions, load }: SuiteResult): string {
  const { cpus, model, memoryGiB, kernel, fileSystem } = machine;
  const what = Object.entries(versions).map(([program, version]) => `${program} ${version}`);
  const busiest = Math.max(load.start / cpus, 0);
  const warning =
    busiest > LOADED
      ? ' **The machine had other work when this was measured: only the ratios say something.**'
      : '';
  return (
    `Measured ${date.slice(0, 10)} at ${commit} on ${cpus} cores (${model}), ${memoryGiB} GiB, Linux ${kernel}, ${fileSystem}; ` +
    `${what.join(', ')}. Load average ${load.start.toFixed(1)} before and ${load.end.toFixed(1)} after.${warning}`
  );
}

function row({ name, unit, median, p95, runs, baseline, ratio, goal, met, note }: Figure): string[] {
  return [
    note === undefined ? name : `${name} (${note})`,
    `${median} ${unit}`,
    String(p95),
    String(runs),
    baseline ? `${baseline.name}: ${baseline.median}` : '',
    ratio === null ? '' : String(ratio),
    goal ? `${goal.of} ${goal.bound} ${goal.value}` : '',
    met === null ? '' : met ? 'met' : 'not met',
  ];
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

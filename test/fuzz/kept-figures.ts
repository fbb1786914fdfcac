/** docs/fuzzing.json: what the long run came to, a row for each target; and the page that is made of it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { buildName } from '../support/build';
import type { TargetFigures } from './run-target';

export interface KeptFigures extends TargetFigures {
  /** The commit that was fuzzed. */
  build: string;
  date: string;
}

/** Those of a target that stands there already are replaced. `order`: names of all targets. */
export function keepFigures(file: string, figures: readonly TargetFigures[], order: readonly string[]): void {
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as KeptFigures[]) : [];
  const stamp = { build: buildName(), date: new Date().toISOString().slice(0, 10) };
  const rows = [
    ...known.filter(({ target }) => order.includes(target) && !figures.some((one) => one.target === target)),
    ...figures.map((one) => ({ ...one, ...stamp })),
  ].sort((one, other) => order.indexOf(one.target) - order.indexOf(other.target));
  writeFileSync(file, `${JSON.stringify(rows, null, 2)}\n`);
  writeFileSync(file.replace(/\.json$/, '.md'), pageOf(rows));
}

export function pageOf(rows: readonly KeptFigures[]): string {
  const total = (of: (row: KeptFigures) => number): number => rows.reduce((sum, row) => sum + of(row), 0);
  return [
    '# What the fuzzer came to',
    '',
    'Written by `npm run fuzz -- --json docs/fuzzing.json`. No figure is typed by hand. What is fuzzed and why: `security.md`.',
    '',
    `**${total(({ runs }) => runs)} drawn cases and ${total(({ kept }) => kept)} kept ones, ${total(({ failures }) => failures)} failures.** ` +
      'A kept case (`test/fuzz/corpus`) was wrong once, or is of a kind that must never be; it is played before anything is drawn.',
    '',
    '| target | drawn | kept | seed | longest input, bytes | failures | seconds | build | date |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map(
      ({ target, runs, kept, seed, longestInputBytes, failures, seconds, build, date }) =>
        `| ${[target, runs, kept, seed, longestInputBytes, failures, seconds, build, date].join(' | ')} |`,
    ),
    '',
    ...rows.flatMap(sectionOf),
  ].join('\n');
}

function sectionOf({ target, about, outcomes }: KeptFigures): string[] {
  const counted = Object.entries(outcomes).sort(([, one], [, other]) => other - one);
  return [
    `## ${target}`,
    '',
    about,
    '',
    '| what came of it | cases |',
    '|---|---|',
    ...counted.map(([outcome, count]) => `| ${outcome.replaceAll('|', '\\|')} | ${count} |`),
    '',
  ];
}

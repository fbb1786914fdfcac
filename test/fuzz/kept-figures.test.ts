/** The long run's figures: what is kept of them, and that the page in docs/ is made of them. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KeptFigures, keepFigures, pageOf } from './kept-figures';
import type { TargetFigures } from './run-target';
import { TARGETS } from './targets';

const DOCS = join(__dirname, '..', '..', 'docs');
const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-fuzz-figures-'));
afterAll(() => rmSync(folder, { recursive: true }));

const figures = (target: string, runs: number): TargetFigures => ({
  ...{ target, about: `reads ${target}`, seed: 7, runs, kept: 2, outcomes: { refused: runs - 1, 'a|b': 1 } },
  ...{ longestInputBytes: 5, failures: 0, seconds: 1.5 },
});

test("a target's figures take the place of its older ones; others stay, in order", () => {
  const file = join(folder, 'figures.json');
  keepFigures(file, [figures('two', 10)], ['one', 'two']);
  keepFigures(file, [figures('one', 20)], ['one', 'two']);
  keepFigures(file, [figures('two', 30)], ['one', 'two']);
  const rows = JSON.parse(readFileSync(file, 'utf8')) as KeptFigures[];
  expect(rows.map(({ target, runs }) => [target, runs])).toEqual([
    ['one', 20],
    ['two', 30],
  ]);
  const page = readFileSync(join(folder, 'figures.md'), 'utf8');
  expect(page).toContain('**50 drawn cases and 4 kept ones, 0 failures.**');
  expect(page).toContain('| a\\|b | 1 |');
});

test('docs/fuzzing.md is made of docs/fuzzing.json, which has every target, and none that failed', () => {
  expect(existsSync(join(DOCS, 'fuzzing.json'))).toBe(true);
  const rows = JSON.parse(readFileSync(join(DOCS, 'fuzzing.json'), 'utf8')) as KeptFigures[];
  expect(readFileSync(join(DOCS, 'fuzzing.md'), 'utf8')).toBe(pageOf(rows));
  expect(rows.map(({ target }) => target)).toEqual(TARGETS);
  for (const { target, failures, runs } of rows)
    expect([target, failures, runs >= 10_000]).toEqual([target, 0, true]);
});

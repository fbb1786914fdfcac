import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionsError, readOptions } from '../../bench/harness/options';
import { merged, readResults, writeResults } from '../../bench/harness/results';
import { SUITES } from '../../bench/suites';
import { suiteResult } from './fixtures';

const one = suiteResult([{ name: 'x', unit: 'ms', values: [1] }]);
const other = suiteResult([{ name: 'x', unit: 'ms', values: [2] }], { commit: 'def' });

test('a run replaces the figures of its suite and keeps the others', () => {
  const before = { suites: { agent: one, micro: one } };
  expect(merged(before, 'micro', other, ['micro', 'agent']).suites).toEqual({ micro: other, agent: one });
});

test('suites stand in their order, whichever ran first; what is no suite any more goes', () => {
  const before = { suites: { growth: one, gone: one } };
  expect(Object.keys(merged(before, 'micro', one, ['micro', 'growth']).suites)).toEqual(['micro', 'growth']);
});

test('what is written is read again; no file is no results', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-results-'));
  try {
    const file = join(folder, 'performance', 'results.json');
    expect(readResults(file)).toEqual({ suites: {} });
    writeResults(file, { suites: { micro: one } });
    expect(readResults(file)).toEqual({ suites: { micro: one } });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('options', () => {
  expect(
    readOptions(['--only', 'micro,agent', '--only', 'growth', '--rounds', '5', '--quick'], SUITES),
  ).toEqual({
    ...{ only: ['micro', 'agent', 'growth'], rounds: 5, quick: true },
    ...{ list: false, help: false, out: undefined },
  });
});

test.each([
  [['--only', 'mikro'], 'there is no suite mikro; there are micro, '],
  [['--rounds', '0'], 'whole number'],
  [['--rounds', '1.5'], 'whole number'],
  [['--often'], '--often'],
])('options %j are refused', (args, words) => {
  const read = (): unknown => readOptions(args, SUITES);
  expect(read).toThrow(OptionsError);
  expect(read).toThrow(words);
});

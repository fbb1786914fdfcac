/** Results as a run would have written them. */
import { type FigureSpec, figure } from '../../bench/harness/figure';
import type { SuiteResult } from '../../bench/harness/results';

export function suiteResult(figures: FigureSpec[], changes: Partial<SuiteResult> = {}): SuiteResult {
  return {
    date: '2026-11-27T12:00:00.000Z',
    commit: 'abc',
    machine: { cpus: 2, model: 'a processor', memoryGiB: 8, kernel: '6.12', fileSystem: 'ext4' },
    versions: { node: 'v20' },
    load: { start: 0.1, end: 1.9 },
    quick: false,
    seconds: 1,
    figures: figures.map(figure),
    charts: [],
    timelines: [],
    shares: [],
    ...changes,
  };
}

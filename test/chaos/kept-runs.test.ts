/** What is kept of a long run. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeptRuns } from './kept-runs';
import type { Figures } from './tally';

const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-kept-runs-'));
const file = join(folder, 'runs.json');
afterAll(() => rmSync(folder, { recursive: true }));

const figures = (wrong: number): Figures => ({
  ...{ schedules: 1000, wrong },
  faults: { 'agent killed': 7 },
  outcomes: { completed: 1000 - wrong },
  resolutions: { fenced: 2 },
});

test('a slice without a wrong end is not played again, another is; the page sums them up', () => {
  const first = new KeptRuns(file);
  first.add(1001, figures(3));
  first.add(1, figures(0));
  const again = new KeptRuns(file);
  expect([again.has(1, 1000), again.has(1, 500), again.has(1001, 1000), again.has(2001, 1000)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
  again.add(1001, figures(0));
  expect(new KeptRuns(file).has(1001, 1000)).toBe(true);
  const page = readFileSync(join(folder, 'runs.md'), 'utf8');
  expect(page).toContain('**2000 schedules, 0 wrong**; 14 faults struck.');
  expect(page).toContain('| completed | 2000 |');
  expect(page).toContain('| 1001 to 2000 | 0 |');
});

/** Runs one suite and puts it in its frame: when, where, how loaded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commit, load, machine, versions } from './machine';
import type { SuiteResult } from './results';
import type { Suite } from './suite';

/** Enough to go each way once. */
const QUICK_ROUNDS = 2;

export async function runSuite(
  suite: Suite,
  { rounds, quick }: { rounds: number | undefined; quick: boolean },
): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), `vgpu-ferry-bench-${suite.name}-`));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const startedAt = Date.now();
  const say = (line: string): void =>
    console.error(`${suite.name} ${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  const about = { commit: commit(), machine: machine(), versions: await versions() };
  const start = load();
  say(`begins; load average ${start.toFixed(1)} on ${about.machine.cpus} cores`);
  try {
    const output = await suite.run({
      rounds: rounds ?? (quick ? QUICK_ROUNDS : suite.rounds),
      quick,
      say,
      folder,
    });
    return {
      date: new Date(startedAt).toISOString(),
      ...about,
      versions: { ...about.versions, ...output.versions },
      load: { start, end: load() },
      quick,
      seconds: Math.round((Date.now() - startedAt) / 1000),
      figures: output.figures,
      charts: output.charts ?? [],
      timelines: output.timelines ?? [],
      shares: output.shares ?? [],
    };
  } finally {
    remove();
    process.off('exit', remove);
  }
}

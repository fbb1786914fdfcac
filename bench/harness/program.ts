/** A command line that runs suites and writes docs/performance/. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MissingProgramError } from '../programs/missing-program';
import { ROOT } from './machine';
import { OptionsError, listText, readOptions, type Options } from './options';
import { writePlots } from './plots';
import { merged, readResults, writeResults, type SuiteResult } from './results';
import { runSuite } from './run';
import type { Suite } from './suite';

const PUBLISHED = join(ROOT, 'docs', 'performance');
/** Of a shell, for what a signal has ended. */
const INTERRUPTED = 130;
const QUICK = join(tmpdir(), 'vgpu-ferry-bench-quick');

export interface Program {
  suites: readonly Suite[];
  /** Of all suites, of other programs too: as results.json has them. */
  order: readonly string[];
  help: string;
}

async function measure({ suites: all, order }: Program, options: Options): Promise<void> {
  const folder = options.out ?? (options.quick ? QUICK : PUBLISHED);
  const file = join(folder, 'results.json');
  const suites = all.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  for (const suite of suites) {
    const result = await ifPossible(suite.name, () => runSuite(suite, options));
    if (!result) continue;
    // As soon as it is there: what is measured for an hour must not be lost to what comes after it.
    writeResults(file, merged(readResults(file), suite.name, result, order));
    writePlots(folder, result);
    tell(suite.name, result);
  }
  console.error(`written to ${folder}${folder === PUBLISHED ? '; now: npm run docs' : ''}`);
}

/** What this machine lacks is told at once and again at the end, by the exit status. */
async function ifPossible(name: string, run: () => Promise<SuiteResult>): Promise<SuiteResult | undefined> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof MissingProgramError)) throw error;
    console.error(`${name}: not measured: ${error.message}`);
    process.exitCode = 1;
    return undefined;
  }
}

function tell(name: string, { figures, load }: SuiteResult): void {
  console.log(`\n${name} (load average ${load.start.toFixed(1)} to ${load.end.toFixed(1)})`);
  console.table(
    figures.map(({ name: what, unit, median, p95, runs, ratio, met }) => ({
      what,
      unit,
      median,
      p95,
      runs,
      ratio,
      met,
    })),
  );
}

function requireBuilt(): void {
  if (existsSync(join(ROOT, 'dist', 'src', 'cli', 'main.js'))) return;
  throw new OptionsError('the programs are not built: npm run build');
}

/** By way of `exit`, at which the programs that were started are ended too. */
const interrupted = (): never => process.exit(INTERRUPTED);

async function run(program: Program): Promise<void> {
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const options = readOptions(process.argv.slice(2), program.suites);
  if (options.help) return void process.stdout.write(program.help);
  if (options.list) return void process.stdout.write(listText(program.suites));
  requireBuilt();
  await measure(program, options);
}

export function runProgram(program: Program): void {
  run(program).then(
    () => process.exit(),
    (error: unknown) => {
      console.error(error instanceof OptionsError ? `${error.message}\nSee --help` : error);
      process.exit(1);
    },
  );
}

/** `npm run bench`: measures, and writes docs/performance/. Run it with --help. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './harness/machine';
import { OptionsError, helpText, listText, readOptions, type Options } from './harness/options';
import { writePlots } from './harness/plots';
import { merged, readResults, writeResults, type SuiteResult } from './harness/results';
import { runSuite } from './harness/run';
import { SUITES } from './suites';

const PUBLISHED = join(ROOT, 'docs', 'performance');
/** Of a shell, for what a signal has ended. */
const INTERRUPTED = 130;
const QUICK = join(tmpdir(), 'vgpu-ferry-bench-quick');

async function measure(options: Options): Promise<void> {
  const folder = options.out ?? (options.quick ? QUICK : PUBLISHED);
  const file = join(folder, 'results.json');
  const suites = SUITES.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const order = SUITES.map(({ name }) => name);
  for (const suite of suites) {
    const result = await runSuite(suite, options);
    // As soon as it is there: what is measured for an hour must not be lost to what comes after it.
    writeResults(file, merged(readResults(file), suite.name, result, order));
    writePlots(folder, result);
    tell(suite.name, result);
  }
  console.error(`written to ${folder}${folder === PUBLISHED ? '; now: npm run docs' : ''}`);
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

async function main(): Promise<void> {
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  const options = readOptions(process.argv.slice(2), SUITES);
  if (options.help) return void process.stdout.write(helpText(SUITES));
  if (options.list) return void process.stdout.write(listText(SUITES));
  requireBuilt();
  await measure(options);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof OptionsError ? `${error.message}\nSee npm run bench -- --help` : error);
    process.exit(1);
  },
);

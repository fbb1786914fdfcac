/** `npm run chaos`: one seed again, or a long run that can be split and resumed. Run it with --help. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { quietTemporal } from '../support/ferry';
import { KeptRuns } from './kept-runs';
import type { RunReport } from './run';
import { runInParts } from './parts';
import { type ChaosRun, describeFailure, runChaos } from './runner';
import { describeSchedule, drawSchedule } from './schedule';
import { Tally } from './tally';

const HELP = `Runs seeded chaos schedules of whole migrations on simulated hosts and a real Temporal server.

  --seed N[,M...]     these seeds alone; with --times they are repeated
  --times N           how often (default 1)
  --from N            first seed (default 1)
  --count N           how many seeds (default 500)
  --resume FILE       appends one JSON line a schedule to FILE, and leaves out those that stand there already
  --keep FILE         for a long run over days and machines: writes what each slice of 1000 seeds came to to FILE (JSON) and
                      beside it as a page, and leaves out slices that stand there without a wrong end
  --lanes N           pairs of hosts at a time (default 24)
`;

/** What `--keep` keeps as one. */
const SCHEDULES_A_SLICE = 1_000;
/** As few are played here, where a debugger sees them. */
const FEW = 100;
const PROGRESS_EACH = 50;

interface Options {
  seeds: number[];
  lanes: number | undefined;
  file: string | undefined;
  keep: string | undefined;
}

/** A line of the file of `--resume`. */
type Line = Omit<RunReport, 'history'>;

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      times: { type: 'string', default: '1' },
      from: { type: 'string', default: '1' },
      count: { type: 'string', default: '500' },
      resume: { type: 'string' },
      keep: { type: 'string' },
      lanes: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const from = Number(values.from);
  const seeds =
    values.seed === undefined
      ? Array.from({ length: Number(values.count) }, (_, i) => from + i)
      : Array.from({ length: Number(values.times) }, () => values.seed!.split(',').map(Number)).flat();
  const lanes = values.lanes === undefined ? undefined : Number(values.lanes);
  if (![...seeds, lanes ?? 1].every(Number.isInteger)) throw new Error(`whole numbers only\n${HELP}`);
  return { seeds, lanes, file: values.resume, keep: values.keep };
}

/** Those whose line stands in the file; a last line that was cut short is done again. */
function done(file: string | undefined): Map<number, Line> {
  if (file === undefined || !existsSync(file)) return new Map();
  const lines = readFileSync(file, 'utf8').split('\n');
  return new Map(
    lines.flatMap((line) => {
      try {
        const known = JSON.parse(line) as Line;
        return [[known.seed, known] as const];
      } catch {
        return [];
      }
    }),
  );
}

/** What is appended to a line that was cut short would be lost with it. */
function startOnNewLine(file: string | undefined): void {
  if (file === undefined || !existsSync(file)) return;
  const text = readFileSync(file, 'utf8');
  if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
}

function line({ history: _history, ...report }: RunReport): string {
  return `${JSON.stringify(report satisfies Line)}\n`;
}

function slices(seeds: readonly number[]): number[][] {
  const count = Math.ceil(seeds.length / SCHEDULES_A_SLICE);
  return Array.from({ length: count }, (_, i) =>
    seeds.slice(i * SCHEDULES_A_SLICE, (i + 1) * SCHEDULES_A_SLICE),
  );
}

async function play(run: ChaosRun): Promise<void> {
  if (run.seeds.length > FEW) await runInParts(run);
  else if (run.seeds.length > 0) await runChaos(run);
}

async function main(): Promise<void> {
  const { seeds, lanes, file, keep } = readOptions();
  quietTemporal();
  const known = done(file);
  startOnNewLine(file);
  const kept = keep === undefined ? undefined : new KeptRuns(keep);
  const all = new Tally();
  const startedAt = Date.now();
  if (seeds.length === 1) process.stdout.write(`${describeSchedule(drawSchedule(seeds[0]!))}\n`);
  for (const slice of slices(seeds)) {
    if (kept?.has(slice[0]!, slice.length)) continue;
    const tally = new Tally();
    for (const seed of slice) if (known.has(seed)) tally.add(known.get(seed)!);
    const left = slice.filter((seed) => !known.has(seed));
    const onReport = (report: RunReport): void => {
      for (const counts of [tally, all]) counts.add(report);
      if (file !== undefined) appendFileSync(file, line(report));
      if (report.wrongs.length > 0) process.stdout.write(`${describeFailure(report)}\n`);
      if (all.runs % PROGRESS_EACH === 0) {
        const perSecond = (all.runs * 1000) / (Date.now() - startedAt);
        process.stdout.write(
          `seeds ${seeds[0]} to ${seeds.at(-1)}: ${all.runs} played now, ${all.wrong} wrong, ${perSecond.toFixed(1)} a second\n`,
        );
      }
    };
    await play({ seeds: left, ...(lanes && { lanes }), onReport });
    kept?.add(slice[0]!, tally.figures());
  }
  process.stdout.write(`${all.describe()}\n${all.runs} schedules, ${all.wrong} wrong\n`);
  process.exitCode = all.wrong > 0 ? 1 : 0;
}

void main();

/** `npm run chaos`: one seed again, or a long run that can be split and resumed. Run it with --help. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { quietTemporal } from '../support/ferry';
import type { RunReport } from './run';
import { describeFailure, runChaos } from './runner';
import { describeSchedule, drawSchedule } from './schedule';
import { Tally } from './tally';

const HELP = `Runs seeded chaos schedules of whole migrations on simulated hosts and a real Temporal server.

  --seed N[,M...]     these seeds alone; with --times they are repeated
  --times N           how often (default 1)
  --from N            first seed (default 1)
  --count N           how many seeds (default 500)
  --resume FILE       appends one JSON line a schedule to FILE, and leaves out those that stand there already
  --lanes N           pairs of hosts at a time (default 24)
`;

/** The server's database grows with each workflow: a new one now and then keeps it quick. */
const SCHEDULES_A_SERVER = 1_000;
const PROGRESS_EACH = 50;

interface Options {
  seeds: number[];
  lanes: number | undefined;
  file: string | undefined;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      times: { type: 'string', default: '1' },
      from: { type: 'string', default: '1' },
      count: { type: 'string', default: '500' },
      resume: { type: 'string' },
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
  return { seeds, lanes, file: values.resume };
}

/** Seeds whose line stands in the file; a last line that was cut short is done again. */
function done(file: string | undefined): Set<number> {
  if (file === undefined || !existsSync(file)) return new Set();
  const lines = readFileSync(file, 'utf8').split('\n');
  return new Set(
    lines.flatMap((line) => {
      try {
        return [(JSON.parse(line) as { seed: number }).seed];
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
  return `${JSON.stringify(report)}\n`;
}

async function main(): Promise<void> {
  const { seeds, lanes, file } = readOptions();
  quietTemporal();
  const known = done(file);
  startOnNewLine(file);
  const left = seeds.filter((seed) => !known.has(seed));
  const tally = new Tally();
  const startedAt = Date.now();
  if (seeds.length === 1) process.stdout.write(`${describeSchedule(drawSchedule(seeds[0]!))}\n`);
  const onReport = (report: RunReport): void => {
    tally.add(report);
    if (file !== undefined) appendFileSync(file, line(report));
    if (report.wrongs.length > 0) process.stdout.write(`${describeFailure(report)}\n`);
    if (tally.runs % PROGRESS_EACH === 0) {
      const perSecond = (tally.runs * 1000) / (Date.now() - startedAt);
      process.stdout.write(
        `${tally.runs} of ${left.length} schedules, ${tally.wrong} wrong, ${perSecond.toFixed(1)} a second\n`,
      );
    }
  };
  for (let i = 0; i < left.length; i += SCHEDULES_A_SERVER)
    await runChaos({ seeds: left.slice(i, i + SCHEDULES_A_SERVER), ...(lanes && { lanes }), onReport });
  process.stdout.write(`${tally.describe()}\n${tally.runs} schedules, ${tally.wrong} wrong\n`);
  process.exitCode = tally.wrong > 0 ? 1 : 0;
}

void main();

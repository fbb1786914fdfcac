/** `npm run lab:chaos`: breaks everything at every step of a migration on two real hosts. See lab/README.md. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cleanHosts } from '../src/clean';
import { atExit } from '../src/exit';
import type { LabHost } from '../src/host';
import { REPOSITORY } from '../src/image';
import { programVersions } from '../src/inspect';
import { startProduct } from '../src/product';
import { openLab } from '../src/session';
import { type Cell, CI_CELLS, allCells, nameOf } from './cell';
import { Ground } from './ground';
import { measureRecovery } from './recovery';
import { Report } from './report';
import { runCell } from './run-cell';

const HELP = `Breaks everything at every step of a migration on two real hosts (virtual machines). See lab/README.md.

  --list             print the cells, and run none
  --only PATTERN     these cells alone, such as link-cut, '*/finish' or link-cut/finish/libvirt; may be given again
  --resume           leave out cells that stand in the report already
  --ci               the few cells that CI runs
  --out FILE         where the report is written (default docs/reliability.json, and a page beside it)
  --recovery         measure how soon things go on after a death instead (docs/recovery.json)
  --runs N           how often each of those is measured (default 3)
`;

const RECOVERY_FILE = join(REPOSITORY, 'docs/recovery.json');

interface Options {
  ci: boolean;
  resume: boolean;
  /** Beginnings of `fault/point/switchover`. */
  only: string[];
  list: boolean;
  /** Measure recovery instead of running cells. */
  recovery: boolean;
  /** Of each measure of recovery, but the abort. */
  runs: number;
  out: string | undefined;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      ci: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      list: { type: 'boolean', default: false },
      recovery: { type: 'boolean', default: false },
      runs: { type: 'string', default: '3' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
    args: process.argv.slice(3),
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit();
  }
  return { ...values, runs: Number(values.runs), out: values.out };
}

function chosen({ ci, only }: Options): Cell[] {
  const cells = ci ? [...CI_CELLS] : allCells();
  if (only.length === 0) return cells;
  return cells.filter((cell) => only.some((start) => matches(nameOf(cell), start)));
}

/** Part by part; `*` is any: `link-cut`, `*\/finish`, `link-cut/finish/libvirt`. */
function matches(name: string, pattern: string): boolean {
  const parts = name.split('/');
  return pattern.split('/').every((part, i) => part === '*' || part === parts[i]);
}

async function main(): Promise<void> {
  const asked = options();
  const cells = chosen(asked);
  if (asked.list) return cells.forEach((cell) => console.log(nameOf(cell)));
  const report = await Report.open(asked);
  const { lab, end } = await openLab();
  try {
    await cleanHosts(lab.hosts);
    const product = await startProduct(lab);
    atExit(() => product.stopNow());
    console.error(`chaos: product is up; Temporal's Web UI: ${product.uiUrl}`);
    const ground = await Ground.on(lab, product);
    try {
      if (asked.recovery) await recovery(ground, asked.runs);
      else await play(ground, report, cells);
    } finally {
      await ground.end();
      await product.stop();
    }
  } finally {
    await end();
  }
}

async function versionsOf(host: LabHost): Promise<string> {
  const { libvirt, qemu, kernel } = await programVersions(host);
  return `libvirt ${libvirt}, QEMU ${qemu}, Linux ${kernel}, the mtty sample device`;
}

async function play(ground: Ground, report: Report, cells: readonly Cell[]): Promise<void> {
  let [passed, failed] = [0, 0];
  const versions = await versionsOf(ground.lab.a);
  for (const cell of cells) {
    if (report.has(cell)) continue;
    const startedAt = Date.now();
    const row = await runCell(ground, cell).catch(
      (error: unknown) => void console.log(`FAIL  ${nameOf(cell)}: ${String(error)}`),
    );
    if (!row) {
      failed++;
      continue;
    }
    await report.add(row, { date: new Date().toISOString().slice(0, 10), versions });
    if (row.verdict === 'ok') passed++;
    else failed++;
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
    console.log(
      `${row.verdict === 'ok' ? 'ok   ' : 'WRONG'} ${nameOf(cell)}: on ${row.guestRunsOn}, ${row.workflow}, settled ${(row.settledMs / 1000).toFixed(1)} s, cell ${seconds} s${row.verdict === 'ok' ? '' : `: ${row.verdict}`}`,
    );
  }
  tell(passed, failed);
}

async function recovery(ground: Ground, runs: number): Promise<void> {
  const measures = await measureRecovery(ground, runs, (taken) =>
    writeFile(RECOVERY_FILE, `${JSON.stringify(taken, null, 2)}\n`),
  );
  console.table(measures.map(({ measure, median, limit }) => ({ measure, median, limit })));
  const failed = measures.filter(({ median, limit }) => limit !== null && !(median <= limit)).length;
  tell(measures.length - failed, failed);
}

function tell(passed: number, failed: number): void {
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(`chaos: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    process.exit(1);
  },
);

/** docs/reliability.md from the rows of docs/reliability.json. Pure. */
import { type Row, allCells } from './cell';

export interface RunFacts {
  /** ISO day. */
  date: string;
  versions: string;
}

const HEAD = [
  '| fault | at | switchover | guest runs on | copies at most | settled after | mdevs left | records left | workflow | verdict |',
  '|---|---|---|---|---|---|---|---|---|---|',
];

export function reportOf(rows: readonly Row[], facts: RunFacts): string {
  const wrong = rows.filter(({ verdict }) => verdict !== 'ok').length;
  return [
    '# What was broken, and what came of it',
    '',
    'Written by `npm run lab:chaos` from `reliability.json`; no cell is typed by hand. Two real hosts in software emulation',
    `(${facts.versions}), ${facts.date}. Each row is one migration of a running guest with a mediated device, struck by one`,
    'fault at one point of its way.',
    '',
    `${rows.length} of ${allCells().length} cells have been played, ${wrong} wrong. Builds: ${builds(rows)}.`,
    '',
    ...legend(),
    ...HEAD,
    ...rows.map(lineOf),
    '',
  ].join('\n');
}

function builds(rows: readonly Row[]): string {
  const counts = new Map<string, number>();
  for (const { build } of rows) counts.set(build, (counts.get(build) ?? 0) + 1);
  return [...counts].map(([build, count]) => `${build} (${count} cells)`).join(', ');
}

function legend(): string[] {
  return [
    '- **guest runs on**: where its own counter went on afterwards, seen in the host; `none` = it has ended.',
    '- **copies at most**: copies whose counters went on at the same time, sampled five times a second in both hosts.',
    '- **settled after**: from the strike until the workflow had ended, or said that it needs a person. Seconds; everything is',
    '  emulated, and libvirt gives up a dead link after 27 to 30 s.',
    '- A **split brain** is then ended by the update `resolve`; what is left is counted after it.',
    '- **left**: mediated devices that no domain uses and that were not there before; records of the ledger without a guest.',
    '- **verdict**: `ok` if the guest is where it may be after this fault (`lab/chaos/verdict.ts`), the workflow says the same,',
    '  never two copies ran, nothing is left, and the guest is unharmed: its counter, its device’s state, its definition,',
    '  autostart and VNC password.',
    '',
    'To run it again: `npm run lab:chaos`, or a part of it: `npm run lab:chaos -- --only link-cut/finish`. See `lab/README.md`.',
    '',
  ];
}

/** With what it needed a person for, or how soon the guest ran again without its agent. */
function workflowOf({ workflow, resolved, runsAgainMs }: Row): string {
  const again = runsAgainMs == null ? '' : `; guest ran again after ${(runsAgainMs / 1000).toFixed(1)} s`;
  return `${workflow}${resolved === undefined ? '' : `; resolve, ${resolved}`}${again}`;
}

function lineOf(row: Row): string {
  const cells = [
    ...[row.fault, row.point, row.switchover, row.guestRunsOn, row.copiesSeenMax],
    `${(row.settledMs / 1000).toFixed(1)} s`,
    ...[row.leakedMdevs, row.leakedClaims, workflowOf(row), row.verdict],
  ];
  return `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
}

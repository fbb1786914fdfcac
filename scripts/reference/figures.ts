/** docs/figures.md: the measured figures, from the files that the measuring programs write. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const DOCS = join(__dirname, '..', '..', 'docs');

interface Held {
  figures: { figure: string; value: number; limit: number; unit: string }[];
  node: string;
}
type Recovery = { measure: string; unit: string; values: number[]; median: number; limit: number | null }[];
interface Fence {
  date: string;
  rounds: number;
  machine: { hosts: string };
  statistics: Record<string, { targetResumed: { median: number; min: number; max: number } }>;
}

/** For how many migrations the histories are reckoned. */
const MANY = 1_000;

export function figuresPage(): string {
  const held = read<Held>('figures.json');
  const fence = read<Fence>('fence.json');
  return [
    '# Figures',
    '<!-- Made of figures.json, recovery.json and fence.json by `npm run docs`. -->',
    `## Held\n\nWhat the project holds itself to, on simulated hosts with Node.js ${held.node}. \`npm run build && npm run bench:figures\` measures it and fails beyond a limit ([figures.json](figures.json)).`,
    table(
      ['figure', 'measured', 'limit'],
      held.figures.map(({ figure, value, limit, unit }) => [figure, `${value} ${unit}`, `${limit} ${unit}`]),
    ),
    manyHistories(held),
    '## Recovery\n\nOn two real hosts in software emulation, so everything takes longer than on hardware. `npm run lab:chaos -- --recovery` measures it ([recovery.json](recovery.json)).',
    table(
      ['measure', 'median', 'all', 'limit'],
      read<Recovery>('recovery.json').map(({ measure, unit, values, median, limit }) => [
        ...[measure, `${median} ${unit}`, values.join(', '), limit === null ? 'none' : `${limit} ${unit}`],
      ]),
    ),
    `## The fence\n\nFrom the source's stop to the guest's resume on the destination, ${fence.rounds} rounds each, ${fence.date}, hosts ${fence.machine.hosts}. \`npm run bench:fence\` measures it ([fence.json](fence.json)); [libvirt.md](libvirt.md#when-the-source-can-run-no-more) says what it consists of.`,
    table(
      ['switchover', 'median', 'least', 'most'],
      Object.entries(fence.statistics).map(
        ([
          name,
          {
            targetResumed: { median, min, max },
          },
        ]) => [...[name, `${median} ms`, `${min} ms`, `${max} ms`]],
      ),
    ),
  ].join('\n\n');
}

function manyHistories({ figures }: Held): string {
  const bytes = figures.find(({ figure }) => figure === 'one migration: history size')?.value;
  if (bytes === undefined) throw new Error('figures.json has no "one migration: history size"');
  const megabytes = ((bytes * MANY) / 2 ** 20).toFixed(1);
  return `So ${MANY} undisturbed migrations are ${megabytes} MiB of history.`;
}

function read<Contents>(name: string): Contents {
  return JSON.parse(readFileSync(join(DOCS, name), 'utf8')) as Contents;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** docs/chaos-runs.json: what the slices of a long run came to, so that it can go on later and on another machine. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { buildName } from '../support/build';
import type { Figures } from './tally';

export interface Slice extends Figures {
  /** The first seed of it. */
  from: number;
  /** The commit that was played. */
  build: string;
  date: string;
}

export class KeptRuns {
  private slices: Slice[];

  constructor(private readonly file: string) {
    this.slices = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Slice[]) : [];
  }

  /** Such a slice was played without a wrong end. */
  has(from: number, count: number): boolean {
    return this.slices.some((slice) => slice.from === from && slice.schedules === count && slice.wrong === 0);
  }

  add(from: number, figures: Figures): void {
    const slice: Slice = {
      from,
      ...figures,
      build: buildName(),
      date: new Date().toISOString().slice(0, 10),
    };
    this.slices = [...this.slices.filter((other) => other.from !== from), slice].sort(
      (one, other) => one.from - other.from,
    );
    writeFileSync(this.file, `${JSON.stringify(this.slices, null, 2)}\n`);
    writeFileSync(this.file.replace(/\.json$/, '.md'), pageOf(this.slices));
  }
}

export function pageOf(slices: readonly Slice[]): string {
  const total = (of: (slice: Slice) => number): number => slices.reduce((sum, slice) => sum + of(slice), 0);
  const counted = (title: string, of: (slice: Slice) => Record<string, number>): string[] => {
    const sums = new Map<string, number>();
    for (const [name, n] of slices.flatMap((slice) => Object.entries(of(slice))))
      sums.set(name, (sums.get(name) ?? 0) + n);
    const rows = [...sums].sort(([, one], [, other]) => other - one);
    return [`| ${title} | times |`, '|---|---|', ...rows.map(([name, n]) => `| ${name} | ${n} |`), ''];
  };
  return [
    '# What the long chaos run came to',
    '',
    'Written by `npm run chaos -- --keep docs/chaos-runs.json`; see `chaos.md`. No figure is typed by hand.',
    '',
    `**${total(({ schedules }) => schedules)} schedules, ${total(({ wrong }) => wrong)} wrong**; ` +
      `${total(({ faults }) => Object.values(faults).reduce((sum, n) => sum + n, 0))} faults struck.`,
    '',
    ...counted('fault that struck', ({ faults }) => faults),
    ...counted('the migration ended', ({ outcomes }) => outcomes),
    ...counted('a person had to say', ({ resolutions }) => resolutions),
    '| seeds | wrong | build | date |',
    '|---|---|---|---|',
    ...slices.map(
      ({ from, schedules, wrong, build, date }) =>
        `| ${from} to ${from + schedules - 1} | ${wrong} | ${build} | ${date} |`,
    ),
    '',
  ].join('\n');
}

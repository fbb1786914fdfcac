/** docs/reliability.json, one row a cell, and the table made from it. Each row is written when its cell is done. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildName } from '../../test/support/build';
import { REPOSITORY } from '../src/image';
import { type Cell, type Played, type Row, allCells, nameOf } from './cell';
import { type RunFacts, reportOf } from './table';

const JSON_FILE = join(REPOSITORY, 'docs/reliability.json');

export class Report {
  private constructor(
    private readonly file: string,
    private rows: Row[],
    /** Rows of an earlier run that count as done. */
    private readonly done: Set<string>,
    private readonly build: string,
  ) {}

  /** `resume`: cells that have a row are not run again. Otherwise the rows of cells that run are replaced. */
  static async open({ resume, out }: { resume: boolean; out: string | undefined }): Promise<Report> {
    const file = out ?? JSON_FILE;
    const rows = JSON.parse(await readFile(file, 'utf8').catch(() => '[]')) as Row[];
    return new Report(file, rows, new Set(resume ? rows.map(nameOf) : []), buildName());
  }

  has(cell: Cell): boolean {
    return this.done.has(nameOf(cell));
  }

  async add(played: Played, facts: RunFacts): Promise<void> {
    const row: Row = { ...played, build: this.build };
    this.rows = inOrder([...this.rows.filter((other) => nameOf(other) !== nameOf(row)), row]);
    await writeFile(this.file, `${JSON.stringify(this.rows, null, 2)}\n`);
    await this.write(facts);
  }

  /** The table, after each row: a long run may be broken off. */
  private async write(facts: RunFacts): Promise<void> {
    await writeFile(this.file.replace(/\.json$/, '.md'), reportOf(this.rows, facts));
  }
}

function inOrder(rows: Row[]): Row[] {
  const order = allCells().map(nameOf);
  return rows
    .filter((row) => order.includes(nameOf(row)))
    .sort((one, other) => order.indexOf(nameOf(one)) - order.indexOf(nameOf(other)));
}

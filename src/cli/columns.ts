/** Rows of text in columns, as wide as their widest cell. */
import { stripVTControlCharacters } from 'node:util';

const GAP = '  ';

export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))));
  const lineOf = (row: readonly string[]): string =>
    row.map((cell, i) => cell + ' '.repeat(widths[i]! - widthOf(cell))).join(GAP);
  return rows.map((row) => lineOf(row).trimEnd()).join('\n');
}

/** Colours take no room. */
function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}

/** Rows of text in columns, as wide as their widest cell. */
import { stripVTControlCharacters } from 'node:util';

const GAP = '  ';

export function columns(table: readonly (readonly string[])[]): string {
  const rows = table.map((row) => row.map((cell) => cell.replaceAll('\n', ' '))); // a row is a line, whatever a cell says
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

/** docs/web-ui.md says of the search attributes what the code says, and a server takes each of its queries. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SEARCH_ATTRIBUTES } from '../../src/contract';
import { useTemporalServer } from '../support/temporal-server';

const PAGE = readFileSync(join(__dirname, '..', '..', 'docs', 'web-ui.md'), 'utf8');
const server = useTemporalServer();

/** Cells of the table rows that have so many. */
function rows(cells: number): string[][] {
  const lines = PAGE.split('\n').filter((line) => line.startsWith('| '));
  return lines
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(({ length }) => length === cells);
}

test('every search attribute, with its type and meaning', () => {
  const told = rows(3).filter(([name]) => name!.startsWith('`'));
  expect(told).toEqual(
    Object.values(SEARCH_ATTRIBUTES).map(({ name, type, meaning }) => [`\`${name}\``, type, meaning]),
  );
});

test('every saved view is a query that the server takes', async () => {
  const queries = rows(2).flatMap(([, query]) => /^`(.+)`$/.exec(query!)?.[1] ?? []);
  expect(queries.length).toBeGreaterThan(5);
  for (const query of queries) {
    const count = await server.env.client.workflow.count(query);
    expect({ query, count: count.count }).toEqual({ query, count: 0 });
  }
});

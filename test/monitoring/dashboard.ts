/** The dashboard's queries, with its variables filled in. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(__dirname, '..', '..', 'deploy', 'grafana', 'vgpu-ferry.json');

/** As Grafana would for "All" and a scrape each second. */
const VARIABLES: Record<string, string> = { $host: '.*', $type: '.*', $__rate_interval: '1m' };

interface Panel {
  title: string;
  targets?: { expr: string }[];
}

export interface PanelQuery {
  panel: string;
  query: string;
}

export function panelQueries(): PanelQuery[] {
  const { panels } = JSON.parse(readFileSync(FILE, 'utf8')) as { panels: Panel[] };
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ panel: title, query: filledIn(expr) })),
  );
}

function filledIn(expression: string): string {
  const query = expression.replace(/\$\w+/g, (name) => VARIABLES[name] ?? name);
  if (query.includes('$')) throw new Error(`unknown variable in ${expression}`);
  return query;
}

/** docs/reference-metrics.md, from the table of series. */
import { type Series, METRICS } from '../../src/contract';

export function metricsPage(made: string): string {
  const all: Series[] = Object.values(METRICS);
  const tables = (['orchestrator', 'agent', 'both'] as const).map((program) =>
    [
      `## ${PROGRAM[program]}`,
      [
        '| series | kind | unit | labels | meaning |',
        '|---|---|---|---|---|',
        ...all.filter(({ from }) => from === program).map(seriesRow),
      ].join('\n'),
    ].join('\n\n'),
  );
  return [
    '# Metrics',
    made,
    'With `VGPU_FERRY_METRICS_ADDRESS` each program tells Prometheus these, and beside them what the Temporal SDK has (`temporal_…`). What the workflow counts also has the labels `namespace`, `taskQueue` and `workflowType`. No label names a guest. How to set it up, alerts and dashboard: [logs-and-metrics.md](logs-and-metrics.md).',
    ...tables,
  ].join('\n\n');
}

const PROGRAM = { orchestrator: 'Orchestrators', agent: 'Agents', both: 'Both' };

function seriesRow({ name, kind, unit, labels, help, buckets }: Series): string {
  const described = Object.entries(labels).map(([label, meaning]) => `\`${label}\`: ${meaning}`);
  const bounds = buckets ? `. Buckets: ${buckets.join(', ')}` : '';
  return `| \`${name}\` | ${kind} | ${unit} | ${described.join('; ')} | ${help}${bounds} |`;
}

/** The table of series, and that alerts and dashboard use no others. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Series, METRICS, histogramBuckets, queryNames } from '../../src/contract';
import { panelQueries } from './dashboard';

const ALERTS = readFileSync(join(__dirname, '..', '..', 'deploy', 'prometheus', 'alerts.yml'), 'utf8');
const TABLE: Series[] = Object.values(METRICS);

function seriesIn(text: string): string[] {
  return [...new Set(text.match(/vgpu_ferry_\w+/g))];
}

test.each(TABLE.map((series) => [series.name, series]))(
  '%s is named as Prometheus wants it',
  (name, series) => {
    expect(name).toMatch(/^vgpu_ferry_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(series.kind === 'counter');
    expect(TABLE.filter((other) => other.name === name)).toHaveLength(1);
    expect(Object.keys(series.labels).filter((label) => /guest|uuid/.test(label))).toEqual([]);
    if (series.unit === 'seconds') expect(name).toMatch(/_seconds$/);
  },
);

test('histograms have bounds of their own, in order', () => {
  const named = TABLE.filter(({ kind }) => kind === 'histogram').map(({ name }) => name);
  expect(Object.keys(histogramBuckets())).toEqual(named);
  for (const bounds of Object.values(histogramBuckets()))
    expect(bounds).toEqual([...bounds].sort((one, other) => one - other));
});

test('alerts use only series of the table', () => {
  const names = TABLE.flatMap(queryNames);
  expect(seriesIn(ALERTS).length).toBeGreaterThan(10);
  // texts may name a histogram as a whole
  expect(
    seriesIn(ALERTS).filter((name) => ![...names, ...TABLE.map((one) => one.name)].includes(name)),
  ).toEqual([]);
});

test('the dashboard uses only series of the table, and shows all but those that only alerts need', () => {
  const used = seriesIn(
    panelQueries()
      .map(({ query }) => query)
      .join('\n'),
  );
  expect(used.filter((name) => !TABLE.flatMap(queryNames).includes(name))).toEqual([]);
  const unseen = TABLE.filter((series) => !queryNames(series).some((name) => used.includes(name)));
  expect(unseen.map(({ name }) => name)).toEqual([
    'vgpu_ferry_migrations_begun_total',
    'vgpu_ferry_attention_raised_total',
    'vgpu_ferry_steps_waiting',
    'vgpu_ferry_sweeps_total',
    'vgpu_ferry_sweep_interval_seconds',
    'vgpu_ferry_sweep_attention',
    'vgpu_ferry_last_look_timestamp_seconds',
  ]);
});

import { agentGauges, migrationGauges } from '../../src/orchestrator/fleet-gauges';
import type { RunningMigration } from '../../src/temporal/running-migrations';

const NOW_MS = 1_000_000;

function values(running: RunningMigration[]): Record<string, number> {
  return Object.fromEntries(
    migrationGauges(running, NOW_MS).map(({ series, labels, value }) => [
      [series.name.replace('vgpu_ferry_', ''), ...Object.values(labels)].join(' '),
      value,
    ]),
  );
}

test('with nothing under way every figure is there, and 0', () => {
  expect(values([])).toEqual({
    migrations_running: 0,
    'attention_waiting split-brain': 0,
    'attention_waiting unknown-owner': 0,
    'steps_waiting release': 0,
    'steps_waiting finalize': 0,
    'steps_waiting cleanup': 0,
    'steps_waiting_longest_seconds release': 0,
    'steps_waiting_longest_seconds finalize': 0,
    'steps_waiting_longest_seconds cleanup': 0,
  });
});

test('who waits for a person is counted by kind, and of the waiting steps the oldest tells since when', () => {
  const seen = values([
    { attention: 'split-brain', waiting: [] },
    { attention: null, waiting: [{ step: 'release', sinceMs: NOW_MS - 5_000 }] },
    { attention: 'unknown-owner', waiting: [{ step: 'release', sinceMs: NOW_MS - 90_000 }] },
    { attention: 'split-brain', waiting: [{ step: 'cleanup', sinceMs: NOW_MS + 2_000 }] },
  ]);
  expect(seen).toMatchObject({
    migrations_running: 4,
    'attention_waiting split-brain': 2,
    'attention_waiting unknown-owner': 1,
    'steps_waiting release': 2,
    'steps_waiting_longest_seconds release': 90,
    'steps_waiting cleanup': 1,
    'steps_waiting_longest_seconds cleanup': 0, // the server's clock is ahead of ours
  });
});

test('each known host is told of, heard or not', () => {
  const gauges = agentGauges(new Map([...[['host-a', true] as const], ['host-b', false]]));
  expect(gauges.map(({ labels, value }) => [labels.host, value])).toEqual([
    ['host-a', 1],
    ['host-b', 0],
  ]);
});

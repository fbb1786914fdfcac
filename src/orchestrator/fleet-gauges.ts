/** What an orchestrator tells of all migrations and agents. Pure. */
import { type Sample, METRICS } from '../contract';
import { type RunningMigration, MUST_HAPPEN } from '../temporal/running-migrations';

const KINDS = ['split-brain', 'unknown-owner'] as const;

export function migrationGauges(running: readonly RunningMigration[], nowMs: number): Sample[] {
  const waiting = running.flatMap((migration) => migration.waiting);
  return [
    { series: METRICS.running, labels: {}, value: running.length },
    ...KINDS.map((kind) => ({
      series: METRICS.attentionWaiting,
      labels: { kind },
      value: running.filter(({ attention }) => attention === kind).length,
    })),
    ...Object.values(MUST_HAPPEN).flatMap((step) => {
      const since = waiting.filter((one) => one.step === step).map(({ sinceMs }) => sinceMs);
      const longestMs = since.length === 0 ? 0 : Math.max(0, nowMs - Math.min(...since));
      return [
        { series: METRICS.stepsWaiting, labels: { step }, value: since.length },
        { series: METRICS.stepsWaitingLongest, labels: { step }, value: longestMs / 1_000 },
      ];
    }),
  ];
}

export function agentGauges(heard: ReadonlyMap<string, boolean>): Sample[] {
  return [...heard].map(([host, isHeard]) => ({
    series: METRICS.agentHeard,
    labels: { host },
    value: isHeard ? 1 : 0,
  }));
}

/** An orchestrator's own series: counters that start at 0, and gauges that it reads from Temporal again and again. */
import type { MetricMeter } from '@temporalio/common';
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { ERROR_TYPES, LIVE_MIGRATE_VGPU, METRICS, ORCHESTRATOR_TASK_QUEUE, type Series } from '../contract';
import { Gauges } from '../metrics/gauges';
import { type Repeated, repeat } from '../metrics/repeat';
import { AgentsHeard, agentBeats } from '../temporal/agents-heard';
import { knownHosts } from '../temporal/hosts';
import { RunningMigrations } from '../temporal/running-migrations';
import { agentGauges, migrationGauges } from './fleet-gauges';

/** As often as Prometheus usually scrapes. */
const LOOK_EACH_MS = 15_000;

/** A request that takes longer is a server in trouble. */
const LOOK_WITHIN_MS = 10_000;

export interface FleetMetricsOptions {
  connection: NativeConnection;
  namespace: string;
  meter: MetricMeter;
  log: { warn(fields: object, message: string): void };
  /** For who can't wait. */
  pace?: { lookEachMs: number; silentAfterMs: number } | undefined;
}

export function startFleetMetrics(options: FleetMetricsOptions): Repeated {
  const { connection, namespace, meter, log, pace } = options;
  const lookEachMs = pace?.lookEachMs ?? LOOK_EACH_MS;
  countFromZero(meter, namespace);
  const client = new Client({ connection, namespace });
  const within = (look: () => Promise<void>) => (): Promise<void> =>
    client.withDeadline(Date.now() + LOOK_WITHIN_MS, look);
  const failed = (what: string) => (error: unknown) => log.warn({ error: String(error) }, what);
  const looks = [
    repeat(lookEachMs, within(lookAtMigrations(client, meter)), {
      failed: failed('the figures of migrations could not be read'),
    }),
    repeat(lookEachMs, within(lookAtAgents(client, meter, pace?.silentAfterMs)), {
      failed: failed('Temporal did not tell which agents it hears'),
    }),
  ];
  return { stop: () => looks.forEach((look) => look.stop()) };
}

function lookAtMigrations(client: Client, meter: MetricMeter): () => Promise<void> {
  const running = new RunningMigrations(client);
  const gauges = new Gauges(meter);
  return async () => {
    const now = await running.look();
    gauges.show([
      ...migrationGauges(now, Date.now()),
      { series: METRICS.lastLook, labels: {}, value: Date.now() / 1_000 },
    ]);
  };
}

function lookAtAgents(client: Client, meter: MetricMeter, silentAfterMs?: number): () => Promise<void> {
  const heard = new AgentsHeard(silentAfterMs);
  const gauges = new Gauges(meter);
  return async () => {
    const beats = await agentBeats(client);
    gauges.show(agentGauges(heard.look(await knownHosts(client), beats, performance.now())));
  };
}

/**
 * A counter that is first seen at 1 has not increased, as Prometheus sees it: an alert would miss the first of everything.
 * The labels are those that the SDK gives to what a workflow counts.
 */
function countFromZero(meter: MetricMeter, namespace: string): void {
  const tags = { namespace, taskQueue: ORCHESTRATOR_TASK_QUEUE, workflowType: LIVE_MIGRATE_VGPU };
  const workflows = meter.withTags(tags);
  const zero = ({ name, help }: Series, labels: Record<string, string>[] = [{}]): void => {
    const counter = workflows.createCounter(name, '', help);
    for (const label of labels) counter.add(0, label);
  };
  zero(METRICS.migrationsBegun);
  zero(METRICS.migrationsEnded, [
    { outcome: 'done', cause: 'none' },
    { outcome: 'aborted', cause: 'none' },
    ...[...ERROR_TYPES, 'other'].map((cause) => ({ outcome: 'failed', cause })),
  ]);
  for (const series of [METRICS.movedBytes, METRICS.movedVfioBytes, METRICS.downtimeOverLimit]) zero(series);
  zero(METRICS.attentionRaised, [{ kind: 'split-brain' }, { kind: 'unknown-owner' }]);
}

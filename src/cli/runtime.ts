/** Temporal's runtime, once a process: where its log lines go, and its figures with ours. */
import type { MetricMeter } from '@temporalio/common';
import { DefaultLogger, type MetricsExporterConfig, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { histogramBuckets } from '../contract';
import { UsageError } from './errors';
import { logSdkLine } from './logging';

/** Address, such as 127.0.0.1:9464, on which a program tells Prometheus its figures and the SDK's; none unless it is set. */
const METRICS_VARIABLE = 'VGPU_FERRY_METRICS_ADDRESS';

/** As often as Prometheus usually scrapes; OpenTelemetry's own variable says otherwise. */
const EXPORT_EACH_MS = 15_000;

/** Before the first connection. Answers with what figures are told to, if anybody wants them. */
export function installRuntime(
  log: Logger | null,
  env: NodeJS.ProcessEnv = process.env,
): MetricMeter | undefined {
  const bindAddress = env[METRICS_VARIABLE];
  const metrics = exporter(env);
  try {
    Runtime.install({
      logger: new DefaultLogger('INFO', (entry) => log && logSdkLine(log, entry)),
      telemetryOptions: {
        logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
        ...(metrics && { metrics }),
      },
      workerHeartbeatInterval: '5s',
      shutdownSignals: [], // the programs decide what a signal means
    });
  } catch (error) {
    throw bindAddress ? metricsUnusable(bindAddress, error) : error;
  }
  return metrics ? Runtime.instance().metricMeter : undefined;
}

/** The SDK knows one at a time: Prometheus, or else the collector that the spans go to. */
function exporter(env: NodeJS.ProcessEnv): MetricsExporterConfig | undefined {
  const bindAddress = env[METRICS_VARIABLE];
  const histogramBucketOverrides = histogramBuckets();
  if (bindAddress) return { prometheus: { bindAddress, histogramBucketOverrides } };
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint) return undefined;
  const metricsExportInterval = Number(env.OTEL_METRIC_EXPORT_INTERVAL) || EXPORT_EACH_MS;
  const url = `${endpoint.replace(/\/$/, '')}/v1/metrics`;
  return { otel: { url, http: true, metricsExportInterval, histogramBucketOverrides } };
}

/** The SDK's own words, with what they are about. */
function metricsUnusable(address: string, error: unknown): unknown {
  const { message } = error as Error;
  const of = `${METRICS_VARIABLE} is ${JSON.stringify(address)}`;
  if (message.includes('Address already in use'))
    return new UsageError(
      `${of}, but another program listens there already (ss -ltnp shows which). Each agent and each orchestrator of a machine needs a port of its own.`,
    );
  if (message.includes('invalid socket address'))
    return new UsageError(
      `${of}; required is an IP address with a port, such as 127.0.0.1:9464 or [::]:9464.`,
    );
  if (message.includes('prometheus'))
    return new UsageError(`${of}, and cannot be listened on: ${message}. Use an address of this machine.`);
  return error;
}

/** Temporal's runtime, once a process: where its log lines go, and its figures with ours. */
import type { MetricMeter } from '@temporalio/common';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { histogramBuckets } from '../contract';
import { UsageError } from './errors';
import { logSdkLine } from './logging';

/** Address, such as 127.0.0.1:9464, on which a program tells Prometheus its figures and the SDK's; none unless it is set. */
const METRICS_VARIABLE = 'VGPU_FERRY_METRICS_ADDRESS';

/** Before the first connection. Answers with what figures are told to, if anybody wants them. */
export function installRuntime(
  log: Logger | null,
  env: NodeJS.ProcessEnv = process.env,
): MetricMeter | undefined {
  const bindAddress = env[METRICS_VARIABLE];
  const histogramBucketOverrides = histogramBuckets();
  try {
    Runtime.install({
      logger: new DefaultLogger('INFO', (entry) => log && logSdkLine(log, entry)),
      telemetryOptions: {
        logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
        ...(bindAddress && { metrics: { prometheus: { bindAddress, histogramBucketOverrides } } }),
      },
      workerHeartbeatInterval: '5s',
      shutdownSignals: [], // the programs decide what a signal means
    });
  } catch (error) {
    throw bindAddress ? metricsUnusable(bindAddress, error) : error;
  }
  return bindAddress ? Runtime.instance().metricMeter : undefined;
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

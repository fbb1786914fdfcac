/** JSON logs on standard output, for our own lines and the Temporal SDK's. */
import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import pino, { type Logger } from 'pino';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

export function createLog(program: string): Logger {
  return pino({
    base: { program, pid: process.pid },
    level: process.env.VGPU_FERRY_LOG_LEVEL ?? 'info',
    timestamp: pino.stdTimeFunctions.isoTime,
  });
}

/** Address, such as 127.0.0.1:9464, on which a program tells Prometheus its figures and the SDK's; none unless it is set. */
const METRICS_VARIABLE = 'VGPU_FERRY_METRICS_ADDRESS';

/** Installs Temporal's runtime; once a process, before the first connection. */
export function installRuntime(log: Logger | null): void {
  const bindAddress = process.env[METRICS_VARIABLE];
  const forward = (entry: LogEntry): void =>
    log?.[LEVELS[entry.level]]({ ...entry.meta, sdk: true }, entry.message);
  Runtime.install({
    logger: new DefaultLogger('WARN', forward),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
      ...(bindAddress && { metrics: { prometheus: { bindAddress } } }),
    },
    workerHeartbeatInterval: '5s',
    shutdownSignals: [], // the programs decide what a signal means
  });
}

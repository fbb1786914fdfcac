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

/** Installs Temporal's runtime; once a process, before the first connection. */
export function installRuntime(log: Logger | null): void {
  const forward = (entry: LogEntry): void =>
    log?.[LEVELS[entry.level]]({ ...entry.meta, sdk: true }, entry.message);
  Runtime.install({
    logger: new DefaultLogger('WARN', forward),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
    workerHeartbeatInterval: '5s',
    shutdownSignals: [], // the programs decide what a signal means
  });
}

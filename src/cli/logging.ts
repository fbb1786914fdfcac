/** JSON logs on standard output, for our own lines and the Temporal SDK's; each says of which migration it is. */
import { asyncLocalStorage } from '@temporalio/activity';
import type { LogEntry } from '@temporalio/worker';
import pino, { type DestinationStream, type Logger } from 'pino';
import { namesOf, sdkLine } from './log-fields';

type WritableStream = Pick<NodeJS.WritableStream, 'once' | 'end' | 'write'>;

/** When what is being logged has happened, if that is not now: the SDK hands its lines over a little later. */
let happenedAt: Date | undefined;

export function createLog(program: string, destination?: DestinationStream): Logger {
  const options = {
    base: { program, pid: process.pid },
    level: process.env.VGPU_FERRY_LOG_LEVEL ?? 'info',
    timestamp: () => `,"time":"${(happenedAt ?? new Date()).toISOString()}"`,
    mixin: ofActivity,
  };
  return destination ? pino(options, destination) : pino(options);
}

/** The workflow whose step is under way, wherever in it a line is written. */
function ofActivity(): object {
  const { workflowExecution } = asyncLocalStorage.getStore()?.info ?? {};
  return workflowExecution ? namesOf(workflowExecution.workflowId, workflowExecution.runId) : {};
}

/** A line of the SDK, or of a workflow, which comes the same way. */
export function logSdkLine(log: Logger, entry: LogEntry): void {
  const line = sdkLine(entry);
  if (line === undefined) return;
  happenedAt = new Date(Number(entry.timestampNanos / 1_000_000n));
  try {
    log[line.level](line.fields, line.message);
  } finally {
    happenedAt = undefined;
  }
}

/** For a process that ends at once, the last call for its log: pino writes by another thread, and a line that is on its way there would be lost. */
export async function written(log: Logger, withinMs: number): Promise<void> {
  const stream = (log as unknown as Record<symbol, WritableStream>)[pino.symbols.streamSym]!;
  await new Promise<void>((resolve) => {
    const limit = setTimeout(resolve, withinMs); // whoever reads it may have stopped to
    stream.once('close', () => {
      clearTimeout(limit);
      resolve();
    });
    stream.end();
    stream.write = () => true; // it would throw at whoever still logs
  });
}

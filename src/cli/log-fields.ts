/** What the fields of log lines are called, in every process alike; and which of the SDK's lines are worth one. Pure. */
import type { LogEntry } from '@temporalio/worker';
import { migrationGuest } from '../contract';

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

export interface LogLine {
  level: (typeof LEVELS)[keyof typeof LEVELS];
  fields: Record<string, unknown>;
  message: string;
}

/** Said by each worker without workflows, which is what an agent's are. */
const MEANT_TO_BE = 'No workflows registered, not polling for workflow tasks';

/** Fields of the SDK that say nothing to a person, or go by other names with us. */
const LEFT_OUT = [
  ...['workflowId', 'workflow_id', 'runId', 'run_id', 'workflowRunId'],
  ...['taskToken', 'isLocal', 'spanContexts', 'namespace'],
];

/** Of a migration `migration`, `run` and `guest`; of any other workflow `workflow` and `run`. */
export function namesOf(workflowId: unknown, runId: unknown): Record<string, string> {
  if (typeof workflowId !== 'string') return typeof runId === 'string' ? { run: runId } : {};
  const guest = migrationGuest(workflowId);
  const run = typeof runId === 'string' ? { run: runId } : {};
  return guest === undefined ? { workflow: workflowId, ...run } : { migration: workflowId, ...run, guest };
}

/** A line that the SDK hands over; undefined: not worth one. */
export function sdkLine({
  level,
  message,
  meta = {},
}: Pick<LogEntry, 'level' | 'message' | 'meta'>): LogLine | undefined {
  const component = String(meta.sdkComponent ?? 'sdk');
  if (message === MEANT_TO_BE) return undefined;
  // what the workflow itself has to say; of the SDK only what went wrong
  if (component !== 'workflow' && level !== 'WARN' && level !== 'ERROR') return undefined;
  const kept = Object.entries(meta).filter(([name]) => !LEFT_OUT.includes(name) && name !== 'sdkComponent');
  return {
    level: LEVELS[level],
    message,
    fields: {
      ...(component !== 'workflow' && { sdk: component }),
      ...namesOf(meta.workflowId ?? meta.workflow_id, meta.runId ?? meta.workflowRunId ?? meta.run_id),
      ...Object.fromEntries(
        kept.map(([name, value]) => [name, value instanceof Error ? String(value) : value]),
      ),
    },
  };
}

/** The migrations that the server knows, running and ended, whoever started them; what the command `list` is made of. */
import {
  ApplicationFailure,
  CancelledFailure,
  type Client,
  TerminatedFailure,
  type WorkflowExecutionInfo,
  WorkflowFailedError,
} from '@temporalio/client';
import {
  type MigrationInput,
  type MigrationProgress,
  ATTENTION_ATTRIBUTE,
  ErrorType,
  LIVE_MIGRATE_VGPU,
  PROGRESS_QUERY,
  SEARCH_ATTRIBUTES,
  migrationGuest,
} from '../contract';
import { unreadableIn } from './codec';
import { decoder } from './payloads';
import { lacksSearchAttributes } from './search-attributes';

export interface ListedMigration {
  workflowId: string;
  runId: string;
  guest: string;
  /** Null: its input can't be read, or is not one of ours. */
  source: string | null;
  destination: string | null;
  /** Temporal's own word: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT. */
  status: string;
  /** ISO 8601. */
  startedAt: string;
  endedAt: string | null;
  /** Of a running one; null also when no orchestrator answers. */
  progress: Pick<MigrationProgress, 'stage' | 'waitingFor' | 'attention'> | null;
  /** Of one that failed: its error type and message. */
  error: { type: string; message: string } | null;
  /** Why something of it could not be read: it is encrypted, and this process has not the key. */
  unread: string | null;
}

export interface ListFilter {
  /** Only those that have not ended. */
  running: boolean;
  /** Only those that wait for a person. */
  attention: boolean;
  /** Only those whose search attributes say so; migrations of a namespace that lacks them are found by none. */
  labels?: Partial<Record<LabelFilter, string>>;
  limit: number;
}

export type LabelFilter = Exclude<keyof typeof SEARCH_ATTRIBUTES, 'attention'>;

/** The server knows no such search attribute. */
export class NotSearchableError extends Error {
  override readonly name = 'NotSearchableError';
}

/** Running ones first, then by their end, the latest first: the server's own order. */
export async function listMigrations(client: Client, filter: ListFilter): Promise<ListedMigration[]> {
  const found = await search(client, queryOf(filter), filter.limit).catch((error: unknown) => {
    throw lacksSearchAttributes(error) ? notSearchable(client.options.namespace, error) : error;
  });
  return Promise.all(found.map((info) => listed(client, info)));
}

async function search(client: Client, query: string, limit: number): Promise<WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = [];
  for await (const info of client.workflow.list({ query, pageSize: limit })) {
    found.push(info);
    if (found.length >= limit) break;
  }
  return found;
}

function queryOf({ running, attention, labels = {} }: ListFilter): string {
  return [
    `WorkflowType = '${LIVE_MIGRATE_VGPU}'`,
    ...(running || attention ? ["ExecutionStatus = 'Running'"] : []),
    ...(attention ? [`${ATTENTION_ATTRIBUTE} IN ('split-brain', 'unknown-owner')`] : []),
    ...(Object.keys(labels) as LabelFilter[]).map(
      (field) => `${SEARCH_ATTRIBUTES[field].name} = ${quoted(labels[field]!)}`,
    ),
  ].join(' AND ');
}

function quoted(value: string): string {
  return `'${value.replace(/[\\']/g, '\\$&')}'`;
}

function notSearchable(namespace: string, cause: unknown): NotSearchableError {
  return new NotSearchableError(
    `Namespace ${namespace} lacks the search attributes that migrations are listed by. Make them: vgpu-ferry setup`,
    { cause },
  );
}

async function listed(client: Client, info: WorkflowExecutionInfo): Promise<ListedMigration> {
  const { workflowId, runId, status, startTime, closeTime } = info;
  const running = status.name === 'RUNNING';
  let unread: string | null = null;
  const readable = <T>(read: Promise<T>, otherwise: T): Promise<T> =>
    read.catch((error: unknown) => {
      const unreadable = unreadableIn(error);
      if (!unreadable) throw error;
      unread ??= unreadable.message;
      return otherwise;
    });
  const [input, progress, error] = await Promise.all([
    readable(inputOf(client, info), {}),
    running ? readable(progressOf(client, info), null) : null,
    running || status.name === 'COMPLETED' ? null : readable(errorOf(client, info), endedAs(status.name)),
  ]);
  return {
    ...{ workflowId, runId, guest: input.guest ?? migrationGuest(workflowId) ?? workflowId },
    ...{ source: input.source ?? null, destination: input.destination ?? null },
    ...{ status: status.name, startedAt: startTime.toISOString(), endedAt: closeTime?.toISOString() ?? null },
    ...{ progress, error, unread },
  };
}

/** From the first event of its history: any client may have started it. */
async function inputOf(
  client: Client,
  { workflowId, runId }: WorkflowExecutionInfo,
): Promise<Partial<Record<'guest' | 'source' | 'destination', string>>> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
  const input = payloads?.[0] ? await decoder(client)(payloads[0]).catch(unlessUnreadable) : null;
  if (typeof input !== 'object' || input === null) return {};
  const { guest, source, destination } = input as Partial<MigrationInput>;
  return Object.fromEntries(
    Object.entries({ guest, source, destination }).filter(([, value]) => typeof value === 'string'),
  );
}

async function progressOf(
  client: Client,
  { workflowId, runId }: WorkflowExecutionInfo,
): Promise<ListedMigration['progress']> {
  try {
    const handle = client.workflow.getHandle(workflowId, runId);
    return readProgress(await handle.query<MigrationProgress>(PROGRESS_QUERY));
  } catch (error) {
    return unlessUnreadable(error);
  }
}

function unlessUnreadable(error: unknown): null {
  if (unreadableIn(error)) throw error;
  return null;
}

function endedAs(status: string): ListedMigration['error'] {
  return { type: status, message: '' };
}

/** Anybody may run a workflow of that type; null if it does not answer as ours does. */
export function readProgress(answer: unknown): ListedMigration['progress'] {
  if (typeof answer !== 'object' || answer === null) return null;
  const { stage, waitingFor, attention } = answer as Partial<MigrationProgress>;
  if (typeof stage !== 'string' || (waitingFor !== null && typeof waitingFor !== 'string')) return null;
  const kind: unknown = attention?.kind;
  return { stage, waitingFor, attention: typeof kind === 'string' ? attention! : null };
}

async function errorOf(
  client: Client,
  { workflowId, runId, status }: WorkflowExecutionInfo,
): Promise<ListedMigration['error']> {
  try {
    await client.workflow.getHandle(workflowId, runId, { followRuns: false }).result();
    return null;
  } catch (error) {
    if (unreadableIn(error)) throw error;
    const cause = error instanceof WorkflowFailedError ? error.cause : error;
    const message = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof ApplicationFailure) return { type: cause.type ?? 'Unexpected', message };
    if (cause instanceof CancelledFailure) return { type: ErrorType.Aborted, message };
    return { type: cause instanceof TerminatedFailure ? 'Terminated' : status.name, message };
  }
}

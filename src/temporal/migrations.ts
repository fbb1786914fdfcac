/** Starting, following and aborting migrations as any Temporal client may; what the CLI is made of. */
import {
  ActivityExecutionFailedError,
  TimeoutFailure,
  type Client,
  type WorkflowHandle,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  defaultPayloadConverter,
} from '@temporalio/client';
import { type SearchAttributePair, defineSearchAttributeKey } from '@temporalio/common';
import {
  type JobProgress,
  type MigrationInput,
  type MigrationProgress,
  type MigrationResult,
  LIVE_MIGRATE_VGPU,
  ORCHESTRATOR_TASK_QUEUE,
  type Phase,
  PROGRESS_QUERY,
  SEARCH_ATTRIBUTES,
  migrationWorkflowId,
  readJobProgress,
} from '../contract';
import { askAgent } from './ask-agent';
import { lacksSearchAttributes } from './search-attributes';

export type MigrationHandle = WorkflowHandle<(input: MigrationInput) => Promise<MigrationResult>>;

/** What a client can see of a migration at a moment. */
export interface MigrationSnapshot {
  status: string;
  /** `null` when no orchestrator answers queries. */
  progress: MigrationProgress | null;
  /** The running job's last heartbeat; null outside the migrate step. */
  job: JobProgress | null;
  /** Pending steps, in their own words. */
  pending: string[];
}

export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

export async function startMigration(client: Client, input: MigrationInput): Promise<MigrationHandle> {
  const workflowId = migrationWorkflowId(input.guest);
  const start = (labelled: boolean): Promise<MigrationHandle> =>
    client.workflow.start<(input: MigrationInput) => Promise<MigrationResult>>(LIVE_MIGRATE_VGPU, {
      taskQueue: ORCHESTRATOR_TASK_QUEUE,
      workflowId,
      workflowIdConflictPolicy: 'FAIL',
      args: [input],
      staticSummary: `${input.guest}: ${input.source} to ${input.destination}`,
      ...(labelled && { typedSearchAttributes: labelsOf(input) }),
    });
  try {
    return await start(true).catch((error: unknown) => {
      if (!lacksSearchAttributes(error)) throw error;
      return start(false); // it is no worse without
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new MigrationError(
      `Guest ${input.guest} is being migrated already (workflow ${workflowId}). Follow it with: vgpu-ferry watch ${input.guest}`,
    );
  }
}

/** What is known of it before it begins; the workflow sets the rest. */
function labelsOf({ guest, source, destination }: MigrationInput): SearchAttributePair[] {
  const words = { guest, source, destination, phase: 'checking' satisfies Phase };
  return (Object.keys(words) as (keyof typeof words)[]).map((field) => ({
    key: defineSearchAttributeKey(SEARCH_ATTRIBUTES[field].name, 'KEYWORD'),
    value: words[field],
  }));
}

export function migrationOf(client: Client, guest: string, run?: string): MigrationHandle {
  return client.workflow.getHandle(migrationWorkflowId(guest), run);
}

export async function snapshot(handle: MigrationHandle): Promise<MigrationSnapshot> {
  const description = await handle.describe();
  const pending = description.raw.pendingActivities ?? [];
  const job = pending.find(({ activityType }) => activityType?.name === 'migrateGuest')?.heartbeatDetails
    ?.payloads?.[0];
  const running = description.status.name === 'RUNNING';
  return {
    status: description.status.name,
    progress: running ? await handle.query<MigrationProgress>(PROGRESS_QUERY).catch(() => null) : null,
    job: job ? readJobProgress(defaultPayloadConverter.fromPayload(job)) : null,
    pending: pending.map(({ activityType }) => activityType?.name ?? 'unknown'),
  };
}

/** The migration of a guest that is running, or has run last; or the one of that run. */
export async function findMigration(client: Client, guest: string, run?: string): Promise<MigrationHandle> {
  const handle = migrationOf(client, guest, run);
  try {
    await handle.describe();
    return handle;
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new MigrationError(
      `No migration of guest ${guest}${run === undefined ? '' : ` with run ${run}`} is known here.`,
    );
  }
}

/** UUID of a guest that a person named; asks the host's agent. */
export async function findGuest(client: Client, host: string, guest: string): Promise<string> {
  const found = await askHost(client, host, guest);
  if (found.length === 1) return found[0]!.uuid;
  const what = found.length === 0 ? 'no guest' : `${found.length} guests`;
  throw new MigrationError(
    `Host ${host} has ${what} with the name or UUID ${JSON.stringify(guest)}. See "virsh list --all" there.`,
  );
}

type FoundGuests = { uuid: string; name: string }[];

async function askHost(client: Client, host: string, guest: string): Promise<FoundGuests> {
  try {
    return await askAgent<FoundGuests>(client, host, {
      activity: 'findGuest',
      id: `find-guest:${host}:${guest}`,
      args: [{ guest }],
      takenWithin: '5 seconds',
    });
  } catch (error) {
    if (!(error instanceof ActivityExecutionFailedError)) throw error;
    if (error.cause instanceof TimeoutFailure) {
      throw new MigrationError(
        `No agent of host ${host} answers, so the guest's name can't be looked up. Check the host's name, and that its agent runs.`,
      );
    }
    throw new MigrationError(
      `Host ${host} could not look the guest up: ${error.cause?.message ?? error.message}`,
    );
  }
}

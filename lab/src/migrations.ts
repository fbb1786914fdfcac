/** Starting and following migrations as any Temporal client would. */
import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  LIVE_MIGRATE_VGPU,
  ORCHESTRATOR_TASK_QUEUE,
  migrationWorkflowId,
  type MigrationInput,
  type MigrationResult,
} from '../../src/contract';
import { waitUntil } from './wait';

export type Migration = WorkflowHandle;

/** Long enough for an emulated host; a workflow that hangs fails the test that started it, and ends. */
const WORKFLOW_LIMIT = '4 minutes';

export class Migrations {
  private constructor(
    private readonly connection: Connection,
    private readonly client: Client,
  ) {}

  static async connect(address: string): Promise<Migrations> {
    const connection = await Connection.connect({ address });
    return new Migrations(connection, new Client({ connection }));
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  start(
    input: MigrationInput,
    limit: typeof WORKFLOW_LIMIT | '20 minutes' = WORKFLOW_LIMIT,
  ): Promise<Migration> {
    return this.client.workflow.start(LIVE_MIGRATE_VGPU, {
      taskQueue: ORCHESTRATOR_TASK_QUEUE,
      workflowId: migrationWorkflowId(input.guest),
      workflowExecutionTimeout: limit,
      args: [input],
    });
  }

  /** The guest's latest migration, whoever started it. */
  of(guest: string): Migration {
    return this.client.workflow.getHandle(migrationWorkflowId(guest));
  }
}

export async function succeeded(migration: Migration): Promise<MigrationResult> {
  return (await migration.result()) as MigrationResult;
}

/** The failure that the workflow ended with. Throws if it did not fail. */
export async function failureOf(migration: Migration): Promise<Error> {
  try {
    await migration.result();
  } catch (error) {
    if (error instanceof WorkflowFailedError && error.cause) return error.cause;
    throw error;
  }
  throw new Error('the migration succeeded, though it should have failed');
}

/** `type` of the ApplicationFailure, what a program may branch on. */
export function typeOf(failure: Error): string | null | undefined {
  return failure instanceof ApplicationFailure
    ? failure.type
    : `no ApplicationFailure, but ${failure.name}: ${failure.message}`;
}

/** Waits until the workflow's history says that this activity has ended with success. */
export async function activityCompleted(
  migration: Migration,
  activity: string,
  timeoutMs = 60_000,
): Promise<void> {
  await waitUntil(`${activity} to complete`, () => hasCompleted(migration, activity), {
    timeoutMs,
    everyMs: 25,
  });
}

async function hasCompleted(migration: Migration, activity: string): Promise<boolean> {
  const { events = [] } = await migration.fetchHistory();
  const scheduled = (events ?? [])
    .filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity)
    .map((event) => String(event.eventId));
  return (events ?? []).some((event) => {
    const { scheduledEventId } = event.activityTaskCompletedEventAttributes ?? {};
    return scheduledEventId != null && scheduled.includes(String(scheduledEventId));
  });
}

/** An agent has taken this activity, and it has not ended. */
export async function isRunning(migration: Migration, activity: string): Promise<boolean> {
  const { raw } = await migration.describe();
  return (raw.pendingActivities ?? []).some(
    (pending) => pending.activityType?.name === activity && pending.lastStartedTime != null,
  );
}

/** A running migration as a client sees it at a moment: where it stands, how its job does, and what fails again and again. */
import type { temporal } from '@temporalio/proto';
import { type JobProgress, type MigrationProgress, PROGRESS_QUERY, readJobProgress } from '../contract';
import { type Decode, readableFailure } from '../failure-converter/read';
import { unreadableIn } from './codec';
import type { MigrationHandle } from './migrations';
import { decoder } from './payloads';

export interface MigrationSnapshot {
  status: string;
  /** `null` when no orchestrator answers queries. */
  progress: MigrationProgress | null;
  /** The running job's last heartbeat; null outside the migrate step. */
  job: JobProgress | null;
  /** Pending steps, in their own words. */
  pending: string[];
  /** Why the attempts before of a pending step failed. */
  trouble: string | null;
}

type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;

/** Rejects with PayloadUnreadable if it is encrypted and this process has not the key. */
export async function snapshot(handle: MigrationHandle): Promise<MigrationSnapshot> {
  const description = await handle.describe();
  const pending = description.raw.pendingActivities ?? [];
  const job = pending.find((activity) => nameOf(activity) === 'migrateGuest')?.heartbeatDetails
    ?.payloads?.[0];
  const running = description.status.name === 'RUNNING';
  const decode = decoder(handle.client);
  return {
    status: description.status.name,
    progress: running ? await progressOf(handle) : null,
    job: job ? readJobProgress(await decode(job)) : null,
    pending: pending.map(nameOf),
    trouble: await troubleOf(pending, decode),
  };
}

async function progressOf(handle: MigrationHandle): Promise<MigrationProgress | null> {
  try {
    return await handle.query<MigrationProgress>(PROGRESS_QUERY);
  } catch (error) {
    const unreadable = unreadableIn(error);
    if (unreadable) throw unreadable;
    return null;
  }
}

async function troubleOf(pending: readonly PendingActivity[], decode: Decode): Promise<string | null> {
  const failing = pending.find(({ lastFailure }) => lastFailure);
  if (failing?.lastFailure == null) return null;
  const { message } = await readableFailure(failing.lastFailure, decode);
  return `${nameOf(failing)} has failed ${(failing.attempt ?? 1) - 1} time(s): ${(message ?? '').split('\n')[0]!}`;
}

function nameOf({ activityType }: PendingActivity): string {
  return activityType?.name ?? 'unknown';
}

/** A running migration as a client sees it at a moment: where it stands, how its job does, and what fails again and again. */
import type { WorkflowExecutionDescription } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { type JobProgress, type MigrationProgress, PROGRESS_QUERY, readJobProgress } from '../contract';
import { type Decode, readableFailure } from '../failure-converter/read';
import { unreadableIn } from './codec';
import type { MigrationHandle } from './migrations';
import { decoder } from './payloads';
import { stuckAt } from './stuck';

export interface MigrationSnapshot {
  status: string;
  /** `null` when no orchestrator answers queries. */
  progress: MigrationProgress | null;
  /** The running job's last heartbeat; null outside the migrate step. */
  job: JobProgress | null;
  /** Pending steps, in their own words. */
  pending: string[];
  /** Why the attempts before of a pending step failed, or why the workflow itself does not go on. */
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
    trouble: (await troubleOf(pending, decode)) ?? (running ? await jamOf(handle, description.raw) : null),
  };
}

/** So often a workflow task may fail for a passing reason. */
const FAILED_OFTEN = 3;

/** A history is read only where nothing is pending, which is rare: then a timer runs, or nothing will ever come. */
async function jamOf(
  handle: MigrationHandle,
  { pendingWorkflowTask, pendingActivities }: WorkflowExecutionDescription['raw'],
): Promise<string | null> {
  const failed = (pendingWorkflowTask?.attempt ?? 1) - 1;
  if (failed >= FAILED_OFTEN)
    return `its workflow task has failed or timed out ${failed} time(s); vgpu-ferry unstick --help`;
  if (pendingWorkflowTask || (pendingActivities ?? []).length > 0) return null;
  const stuck = stuckAt(await handle.fetchHistory());
  return stuck && `${stuck.why}; vgpu-ferry unstick --help`;
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

/** Sets a migration that the SDK's fault has stopped back by one workflow task; what the command `unstick` is made of. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { type MigrationHandle, MigrationError, findMigration } from './migrations';
import { type Stuck, stuckAt } from './stuck';

export interface Unstuck {
  /** Event id of the end of the workflow task that is asked for again. */
  setBackTo: string;
  /** How it is known. */
  why: string;
  /** The run that goes on; null: nothing was done, only looked. */
  run: string | null;
}

const REASON = "vgpu-ferry unstick: stopped by a fault of Temporal's SDK";

/** Rejects with a MigrationError if it is not stuck, or not in a way that can be told from others. */
export async function unstick(client: Client, guest: string, { look }: { look: boolean }): Promise<Unstuck> {
  const handle = await findMigration(client, guest);
  const stuck = await stuckNow(handle, guest);
  const told = { setBackTo: String(stuck.task.eventId), why: stuck.why };
  if (look) return { ...told, run: null };
  const { runId } = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId: handle.workflowId },
    workflowTaskFinishEventId: stuck.task.eventId ?? null,
    reason: REASON,
    requestId: randomUUID(),
  });
  return { ...told, run: runId };
}

async function stuckNow(handle: MigrationHandle, guest: string): Promise<Stuck> {
  const { status, raw } = await handle.describe();
  if (status.name !== 'RUNNING')
    throw new MigrationError(
      `The migration of guest ${guest} is not stuck: it has ended (${status.name.toLowerCase()}).`,
    );
  const stuck = stuckAt(await handle.fetchHistory());
  if (stuck) return stuck;
  const attempt = raw.pendingWorkflowTask?.attempt ?? 0;
  throw new MigrationError(
    attempt > 1
      ? `The migration of guest ${guest} is stuck in another way than this command knows: its workflow task has failed ${attempt - 1} time(s); the Web UI says why.`
      : `The migration of guest ${guest} is not stuck. See what it does: vgpu-ferry watch ${guest}`,
  );
}

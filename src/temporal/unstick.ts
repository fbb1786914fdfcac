/** Sets a migration that the SDK's fault has stopped back by one workflow task; what the command `unstick` is made of. */
import { randomUUID } from 'node:crypto';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { stateOfStatus } from './migration-state';
import { MigrationError, findMigration, migrationOf } from './migrations';
import { type Stuck, stuckAt } from './stuck';

export interface Unstuck {
  /** Event id of the end of the workflow task that is asked for again. */
  setBackTo: string;
  /** How it is known. */
  why: string;
  /** An abort had been asked for in vain, and is asked for again. */
  abortAskedAgain: boolean;
  /** The run that goes on; null: nothing was done, only looked. */
  run: string | null;
}

const REASON = "vgpu-ferry unstick: stopped by a fault of Temporal's SDK";

/** Rejects with a MigrationError if it is not stuck, or not in a way that can be told from others. */
export async function unstick(client: Client, guest: string, { look }: { look: boolean }): Promise<Unstuck> {
  const { runId, stuck } = await stuckNow(client, guest);
  const { task, why, cancelAsked } = stuck;
  const told = { setBackTo: String(task.eventId), why, abortAskedAgain: cancelAsked };
  if (look) return { ...told, run: null };
  const { workflowId } = migrationOf(client, guest);
  const { runId: run } = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: task.eventId ?? null,
    reason: REASON,
    requestId: randomUUID(),
  });
  if (cancelAsked) await client.workflow.getHandle(workflowId, run).cancel();
  return { ...told, run };
}

async function stuckNow(client: Client, guest: string): Promise<{ runId: string; stuck: Stuck }> {
  const { runId, status, raw } = await (await findMigration(client, guest)).describe();
  if (stateOfStatus(status.name) === 'closed')
    throw new MigrationError(
      `The migration of guest ${guest} is not stuck: it has ended (${status.name.toLowerCase()}).`,
    );
  const stuck = stuckAt(await migrationOf(client, guest, runId).fetchHistory());
  if (stuck?.tooFar)
    throw new MigrationError(
      `The migration of guest ${guest} is stuck, and has done steps since the fault: setting it back would do them again, and nothing was done. End it as docs/commands.md says, under "A migration that is stuck".`,
    );
  if (stuck) return { runId, stuck };
  throw new MigrationError(notStuck(guest, raw));
}

function notStuck(
  guest: string,
  { pendingWorkflowTask, pendingActivities }: WorkflowExecutionDescription['raw'],
): string {
  const attempt = pendingWorkflowTask?.attempt ?? 0;
  if (attempt > 1)
    return `The migration of guest ${guest} does not go on in a way that this command knows: its workflow task has failed or timed out ${attempt - 1} time(s). Is an orchestrator running? The Web UI says why.`;
  if (!pendingWorkflowTask && (pendingActivities ?? []).length === 0)
    return `Nothing is pending of the migration of guest ${guest}, yet it shows no trace of the fault: a timer may be running. Look again in ten minutes, with the Web UI beside it.`;
  return `The migration of guest ${guest} is not stuck. See what it does: vgpu-ferry watch ${guest}`;
}

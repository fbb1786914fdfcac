/** A host's sweep, asked for now. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import {
  type ReconcileInput,
  type ReconcileReport,
  ORCHESTRATOR_TASK_QUEUE,
  RECONCILE_HOST,
  reconcileNowWorkflowId,
} from '../contract';

type ReconcileHostWorkflow = (input: ReconcileInput) => Promise<ReconcileReport>;

/** Longer than a sweep and its retries may take; else one that no orchestrator takes up would wait for ever. */
const ENDS_WITHIN = '20 minutes';

/** Who asks while one runs gets that one's answer. */
export function startSweep(client: Client, host: string): Promise<WorkflowHandle<ReconcileHostWorkflow>> {
  return client.workflow.start<ReconcileHostWorkflow>(RECONCILE_HOST, {
    taskQueue: ORCHESTRATOR_TASK_QUEUE,
    workflowId: reconcileNowWorkflowId(host),
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowExecutionTimeout: ENDS_WITHIN,
    args: [{ host }],
    staticSummary: `sweep ${host}`,
  });
}

/** The orchestrator: the worker that runs the workflows. It touches no host; any number may run. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { type OrchestratorActivities, ORCHESTRATOR_TASK_QUEUE } from '../contract';
import { attentionAttributeExists, ensureAttentionAttribute } from '../temporal/search-attributes';

/**
 * None is kept: each task is played from the workflow's whole history, and any orchestrator can take it at once. SDK 1.24.0
 * can't keep them safely: a query of a workflow that has to be read again first can leave half of its next task
 * played, and an update in that task then makes a history that can't be replayed. See docs/chaos.md.
 */
const WORKFLOWS_IN_MEMORY = 0;

export interface OrchestratorOptions {
  connection: NativeConnection;
  namespace: string;
  /** Default: the bundle that was built with the package. */
  workflowBundle?: WorkflowBundleOption;
  log?: { warn(fields: object, message: string): void };
}

export async function createOrchestrator(options: OrchestratorOptions): Promise<Worker> {
  const { connection, namespace } = options;
  const service = { connection, namespace };
  const problem = await ensureAttentionAttribute(service);
  if (problem !== null) options.log?.warn({}, problem);
  const activities: OrchestratorActivities = {
    attentionAttributeExists: () => attentionAttributeExists(service),
  };
  return Worker.create({
    ...service,
    taskQueue: ORCHESTRATOR_TASK_QUEUE,
    workflowBundle: options.workflowBundle ?? { codePath: prebuiltBundle() },
    activities,
    identity: `vgpu-ferry orchestrator (pid ${process.pid})`,
    maxCachedWorkflows: WORKFLOWS_IN_MEMORY,
  });
}

/** dist/workflow-bundle.js, two folders above this file when compiled. */
export function prebuiltBundle(): string {
  const path = join(__dirname, '..', '..', 'workflow-bundle.js');
  if (!existsSync(path))
    throw new Error(
      `The workflow bundle ${path} is missing: the package is incomplete, or "npm run build" has not been run.`,
    );
  return path;
}

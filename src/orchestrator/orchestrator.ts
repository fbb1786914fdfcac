/** The orchestrator: the worker that runs the workflows. It touches no host; any number may run. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type NativeConnection, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { ORCHESTRATOR_TASK_QUEUE } from '../contract';

export interface OrchestratorOptions {
  connection: NativeConnection;
  namespace: string;
  /** Default: the bundle that was built with the package. */
  workflowBundle?: WorkflowBundleOption;
  /** Workflows kept in memory between their tasks; the SDK's own default if left out. */
  maxCachedWorkflows?: number;
}

export function createOrchestrator(options: OrchestratorOptions): Promise<Worker> {
  const { maxCachedWorkflows } = options;
  return Worker.create({
    connection: options.connection,
    namespace: options.namespace,
    taskQueue: ORCHESTRATOR_TASK_QUEUE,
    workflowBundle: options.workflowBundle ?? { codePath: prebuiltBundle() },
    identity: `vgpu-ferry orchestrator (pid ${process.pid})`,
    ...(maxCachedWorkflows !== undefined && { maxCachedWorkflows }),
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

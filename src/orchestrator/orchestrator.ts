/** The orchestrator: the worker that runs the workflows. It touches no host; any number may run. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataConverter, WorkerDeploymentVersion } from '@temporalio/common';
import {
  type NativeConnection,
  Worker,
  type WorkerOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { type OrchestratorActivities, ORCHESTRATOR_TASK_QUEUE } from '../contract';
import type { Tracing } from '../tracing';
import { attentionAttributeExists, prepareSearchAttributes } from '../temporal/search-attributes';
import { encodingFailures } from './encoding-failures';

/**
 * How long a workflow's next task waits for the orchestrator that has it in memory before another may take it: a guest may
 * be held meanwhile. The SDK's own default is ten seconds; as long as an agent's silence is enough.
 */
const MISSED_AFTER = '5 seconds';

export interface OrchestratorOptions {
  connection: NativeConnection;
  namespace: string;
  /** Default: the bundle that was built with the package. */
  workflowBundle?: WorkflowBundleOption;
  /** How payloads are written and read; by default plain. */
  dataConverter?: DataConverter;
  log?: { warn(fields: object, message: string): void };
  /** Then this orchestrator takes only what Temporal gives that version of that deployment. */
  deployment?: WorkerDeploymentVersion | undefined;
  /** Then the workflows are those with OpenTelemetry's interceptors. */
  tracing?: Pick<Tracing, 'sinks'> | undefined;
}

export async function createOrchestrator(options: OrchestratorOptions): Promise<Worker> {
  const { connection, namespace, dataConverter = {} } = options;
  const service = { connection, namespace };
  const problem = await prepareSearchAttributes(service);
  if (problem !== null) options.log?.warn({}, problem);
  const activities: OrchestratorActivities = {
    attentionAttributeExists: () => attentionAttributeExists(service),
  };
  const bundle = options.workflowBundle ?? {
    codePath: prebuiltBundle(options.tracing ? 'traced' : 'plain'),
  };
  return Worker.create({
    ...service,
    dataConverter,
    taskQueue: ORCHESTRATOR_TASK_QUEUE,
    workflowBundle: dataConverter.failureConverterPath === undefined ? bundle : encodingFailures(bundle),
    activities,
    ...(options.tracing && { sinks: options.tracing.sinks }),
    ...(options.deployment && versioned(options.deployment)),
    stickyQueueScheduleToStartTimeout: MISSED_AFTER,
    identity: `vgpu-ferry orchestrator (pid ${process.pid})`,
  });
}

/** The workflows bear an upgrade, so each goes on with the version that is current. */
function versioned(version: WorkerDeploymentVersion): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  return {
    workerDeploymentOptions: {
      version,
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}

/** In dist/, two folders above this file when compiled. */
export function prebuiltBundle(kind: 'plain' | 'traced'): string {
  const name = kind === 'traced' ? 'workflow-bundle-traced.js' : 'workflow-bundle.js';
  const path = join(__dirname, '..', '..', name);
  if (!existsSync(path))
    throw new Error(
      `The workflow bundle ${path} is missing: the package is incomplete, or "npm run build" has not been run.`,
    );
  return path;
}

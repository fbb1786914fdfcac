/** Temporal's worker versioning, for sites that want it of their orchestrators. */
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { UsageError } from './errors';

/** Of `VGPU_FERRY_DEPLOYMENT`: the deployment's name and this build's id, with a point between them as Temporal writes them. */
export function deploymentOf(text: string | undefined): WorkerDeploymentVersion | undefined {
  if (text === undefined || text === '') return undefined;
  const [, deploymentName, buildId] = /^([^.\s]+)\.(\S+)$/.exec(text) ?? [];
  if (deploymentName !== undefined && buildId !== undefined) return { deploymentName, buildId };
  throw new UsageError(
    `VGPU_FERRY_DEPLOYMENT: found ${JSON.stringify(text)}, required <deployment>.<build id>, for example vgpu-ferry.0.1.0`,
  );
}

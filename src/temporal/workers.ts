/** What the server knows of a host's workers. */
import type { Client } from '@temporalio/client';
import { hostTaskQueue } from '../contract';

/** A worker reports each minute (the SDK's default); one that has been silent for longer has gone. */
const SILENT_MS = 90_000;

/** Names of the machines whose workers poll the host's queue; empty where the server does not tell of workers. */
export async function machinesOf({ workflowService, options }: Client, host: string): Promise<string[]> {
  const query = `TaskQueue = "${hostTaskQueue(host, 'control')}"`;
  const answer = await workflowService.listWorkers({ namespace: options.namespace, query }).catch(() => null);
  const names = (answer?.workersInfo ?? []).flatMap(({ workerHeartbeat }) => {
    const seconds = Number(workerHeartbeat?.heartbeatTime?.seconds ?? 0);
    const name = workerHeartbeat?.hostInfo?.hostName ?? '';
    return name !== '' && Date.now() - seconds * 1000 < SILENT_MS ? [name] : [];
  });
  return [...new Set(names)].sort();
}

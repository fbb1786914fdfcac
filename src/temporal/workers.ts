/** Who polls a host's queue, and from which machine. */
import type { Client } from '@temporalio/client';
import { agentMachine, hostTaskQueue } from '../contract';

/** TaskQueueType of Temporal's API. */
const ACTIVITY_TASKS = 2;

/** An idle worker asks again at least each 70 s (the SDK's long poll); one that has not has gone. */
const SILENT_MS = 90_000;

/** Names of the machines whose agents poll the host's queue. Agents that do not tell theirs are left out. */
export async function machinesOf({ workflowService, options }: Client, host: string): Promise<string[]> {
  const { pollers } = await workflowService.describeTaskQueue({
    namespace: options.namespace,
    taskQueue: { name: hostTaskQueue(host, 'control') },
    taskQueueType: ACTIVITY_TASKS,
  });
  const names = pollers.flatMap(({ identity, lastAccessTime }) => {
    const machine = agentMachine(identity ?? '');
    const silentMs = Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000;
    return machine !== undefined && silentMs < SILENT_MS ? [machine] : [];
  });
  return [...new Set(names)].sort();
}

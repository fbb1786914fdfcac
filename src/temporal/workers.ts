/** Who polls a task queue, and from which machine. */
import type { Client } from '@temporalio/client';
import { ORCHESTRATOR_TASK_QUEUE, agentMachine, hostTaskQueue } from '../contract';

/** TaskQueueType of Temporal's API. */
const WORKFLOW_TASKS = 1;
const ACTIVITY_TASKS = 2;

/** An idle worker asks again at least each 70 s (the SDK's long poll); one that has not has gone. */
const SILENT_MS = 90_000;

/** What the orchestrators call themselves that have polled in the last minutes. */
export async function orchestratorsOf(client: Client): Promise<string[]> {
  const pollers = await pollersOf(client, ORCHESTRATOR_TASK_QUEUE, WORKFLOW_TASKS);
  return pollers.map(({ identity }) => identity ?? '?');
}

/** Names of the machines whose agents poll the host's queue. Agents that do not tell theirs are left out. */
export async function machinesOf(client: Client, host: string): Promise<string[]> {
  const pollers = await pollersOf(client, hostTaskQueue(host, 'control'), ACTIVITY_TASKS);
  const names = pollers.flatMap(({ identity, lastAccessTime }) => {
    const machine = agentMachine(identity ?? '');
    const silentMs = Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000;
    return machine !== undefined && silentMs < SILENT_MS ? [machine] : [];
  });
  return [...new Set(names)].sort();
}

export function otherMachines(machines: readonly string[], self: string): string[] {
  return machines.filter((machine) => machine !== self);
}

async function pollersOf({ workflowService, options }: Client, name: string, taskQueueType: number) {
  const { namespace } = options;
  return (await workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType })).pollers;
}

/** Which hosts there are, and what the agent of each tells of it; what the commands `hosts`, `guests` and `claims` are made of. */
import { ActivityExecutionFailedError, type Client } from '@temporalio/client';
import { type HostInventory, hostTaskQueue, reconcileScheduleId } from '../contract';
import { askAgent, whyUnanswered } from './ask-agent';

/** `found`: why there is no inventory, in words. */
export type HostAnswer =
  { host: string; answers: true; inventory: HostInventory } | { host: string; answers: false; found: string };

/** Hosts whose agent has made its schedule of sweeps, and those that have polled in the last minutes; by name. */
export async function knownHosts(client: Client): Promise<string[]> {
  const hosts = new Set(await polling(client));
  const prefix = reconcileScheduleId('');
  for await (const { scheduleId } of client.schedule.list())
    if (scheduleId.startsWith(prefix)) hosts.add(scheduleId.slice(prefix.length));
  return [...hosts].sort();
}

/** Empty where the server does not tell of workers. */
async function polling({ workflowService, options }: Client): Promise<string[]> {
  const [prefix, suffix] = hostTaskQueue('*', 'control').split('*') as [string, string];
  const query = `TaskQueue STARTS_WITH "${prefix}"`;
  const answer = await workflowService.listWorkers({ namespace: options.namespace, query }).catch(() => null);
  return (answer?.workersInfo ?? []).flatMap(({ workerHeartbeat }) => {
    const queue = workerHeartbeat?.taskQueue ?? '';
    return queue.endsWith(suffix) ? [queue.slice(prefix.length, -suffix.length)] : [];
  });
}

export function askHosts(client: Client, hosts: readonly string[]): Promise<HostAnswer[]> {
  return Promise.all(hosts.map((host) => askHost(client, host)));
}

async function askHost(client: Client, host: string): Promise<HostAnswer> {
  try {
    const inventory = await askAgent<HostInventory>(client, host, {
      activity: 'describeHost',
      id: `describe-host:${host}`,
      args: [],
      takenWithin: '3 seconds',
    });
    return { host, answers: true, inventory };
  } catch (error) {
    if (!(error instanceof ActivityExecutionFailedError)) throw error;
    return { host, answers: false, found: whyUnanswered(error) };
  }
}

/** Which hosts there are, and what the agent of each tells of it; what the commands `hosts`, `guests` and `claims` are made of. */
import { ActivityExecutionFailedError, type Client } from '@temporalio/client';
import { ErrorType, type HostInventory, hostTaskQueue, reconcileScheduleId } from '../contract';
import { unreadableIn } from './codec';
import { askAgent, whyUnanswered } from './ask-agent';

/** `found`: why there is no inventory, in words; `fix`: what to do, if it is not to start the agent. */
export type HostAnswer =
  | { host: string; answers: true; inventory: HostInventory }
  | { host: string; answers: false; found: string; fix?: string };

const SAME_KEYS = 'Give this machine and that one the same keys, and start its agent again.';

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
    const unreadable = unreadableIn(error);
    if (unreadable) return { host, answers: false, found: unreadable.message, fix: SAME_KEYS };
    if (!(error instanceof ActivityExecutionFailedError)) throw error;
    const lacksKey = (error.cause as { type?: string } | undefined)?.type === ErrorType.PayloadUnreadable;
    return { host, answers: false, found: whyUnanswered(error), ...(lacksKey && { fix: SAME_KEYS }) };
  }
}

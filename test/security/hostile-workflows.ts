/** What somebody can run who may write to the namespace: a workflow of their own, that schedules any task on any queue. */
import { proxyActivities } from '@temporalio/workflow';

export interface Task {
  queue: string;
  activity: string;
  input: unknown;
}

export async function Hostile({ queue, activity, input }: Task): Promise<unknown> {
  const activities = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>({
    taskQueue: queue,
    startToCloseTimeout: '30 seconds',
    heartbeatTimeout: '10 seconds',
    retry: { maximumAttempts: 1 },
  });
  return activities[activity]!(input);
}

/** The same under the product's own name; nothing keeps anybody from that. */
export const LiveMigrateVgpu = Hostile;

/** What a migration is compared with: a workflow that does nothing but call empty activities, one after another. */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';

export interface BareInput {
  /** Task queue of each activity, in turn. */
  queues: string[];
}

export async function Bare({ queues }: BareInput): Promise<void> {
  for (const taskQueue of queues) {
    const { empty } = proxyActivities<{ empty(): Promise<void> }>({
      taskQueue,
      startToCloseTimeout: '1 minute',
      cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    });
    await empty();
  }
}

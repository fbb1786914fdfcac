/** What a migration looks like whose answer to its last task was lost: after a step's result it waits for nothing. Set back, it goes on. */
import { condition, proxyActivities, workflowInfo } from '@temporalio/workflow';

export async function LiveMigrateVgpu(waits: 'for nothing' | 'for a step'): Promise<string> {
  const { step, endless } = proxyActivities<{ step(): Promise<void>; endless(): Promise<void> }>({
    startToCloseTimeout: '1 hour',
  });
  await step();
  const { runId, firstExecutionRunId } = workflowInfo();
  if (runId === firstExecutionRunId) await (waits === 'for nothing' ? condition(() => false) : endless());
  return 'went on';
}

/** What a migration looks like whose answer to its last task was lost: after a step's result it waits for nothing. Set back, it goes on. */
import { CancellationScope, condition, proxyActivities, workflowInfo } from '@temporalio/workflow';

export type Waits = 'for nothing' | 'for nothing, then for an abort' | 'for a step';

export async function LiveMigrateVgpu(waits: Waits): Promise<string> {
  const { step, endless } = proxyActivities<{ step(): Promise<void>; endless(): Promise<void> }>({
    startToCloseTimeout: '1 hour',
  });
  await step();
  const { runId, firstExecutionRunId } = workflowInfo();
  const isSetBack = runId !== firstExecutionRunId;
  if (!isSetBack && waits !== 'for a step')
    await CancellationScope.nonCancellable(() => condition(() => false));
  else if (waits !== 'for nothing') await endless();
  return 'went on';
}

/** Container health check: does any orchestrator poll its task queue? Exit status 0 = yes. */
const { connectClient, temporalSettings } = require('../dist/src/temporal/connection');
const { ORCHESTRATOR_TASK_QUEUE } = require('../dist/src/contract');

/** Workers poll for a minute at a time; Temporal forgets one that has gone after five. */
const POLLED_WITHIN_MS = 90_000;
const WORKFLOW_QUEUE = 1;

async function main() {
  const settings = temporalSettings();
  const client = await connectClient(settings);
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: settings.namespace,
    taskQueue: { name: ORCHESTRATOR_TASK_QUEUE },
    taskQueueType: WORKFLOW_QUEUE,
  });
  await client.connection.close();
  const polled = pollers.map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000);
  if (Math.max(0, ...polled) < Date.now() - POLLED_WITHIN_MS)
    throw new Error('no orchestrator polls its queue');
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});

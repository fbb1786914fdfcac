/** The bare workflow's workers: `fork` it with "workflows" or with "activities". */
import { NativeConnection, Worker } from '@temporalio/worker';
import { quietTemporal } from '../../test/support/ferry';
import { BARE_QUEUE, bareQueuesOf } from './bare';
import type { FarmSettings, FromChild } from './ipc';

const AT_A_TIME = 20;
/** As many as an agent has at the most for what is short. */
const SLOTS = 200;

async function main(): Promise<void> {
  const role = process.argv[3];
  const { address, plan } = JSON.parse(process.argv[2] ?? '') as FarmSettings;
  process.on('disconnect', () => process.exit());
  quietTemporal();
  const connection = await NativeConnection.connect({ address });
  if (role === 'workflows') {
    const worker = await Worker.create({
      ...{ connection, taskQueue: BARE_QUEUE },
      workflowsPath: require.resolve('./bare-workflows'),
    });
    void worker.run();
  } else {
    const queues = Array.from({ length: plan.pairs }, (_, pair) => bareQueuesOf(pair)).flat();
    for (let i = 0; i < queues.length; i += AT_A_TIME)
      await Promise.all(queues.slice(i, i + AT_A_TIME).map((queue) => startActivities(connection, queue)));
  }
  process.send?.({ say: 'ready' } satisfies FromChild);
}

async function startActivities(connection: NativeConnection, taskQueue: string): Promise<void> {
  const worker = await Worker.create({
    ...{ connection, taskQueue, activities: { empty: async () => undefined } },
    maxConcurrentActivityTaskExecutions: SLOTS,
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 1 }, // as an agent
  });
  void worker.run();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

/** An orchestrator as a process of its own: `node -r register-ts.js orchestrator-process.ts <address> <bundle> <cached>`. */
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { ORCHESTRATOR_TASK_QUEUE } from '../../src/contract';

async function main(): Promise<void> {
  const [address = '', codePath = '', cached = ''] = process.argv.slice(2);
  Runtime.install({
    logger: new DefaultLogger('ERROR', ({ message, meta }) => console.error(message, meta?.error ?? '')),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    namespace: 'default',
    taskQueue: ORCHESTRATOR_TASK_QUEUE,
    workflowBundle: { codePath },
    maxCachedWorkflows: Number(cached),
  });
  process.stdin.resume().on('end', () => process.exit()); // whoever started it is gone
  process.stdout.write('ready\n');
  await worker.run();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

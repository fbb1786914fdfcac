/** An orchestrator as a process of its own: `node -r register-ts.js orchestrator-process.ts <address> <bundle>`. */
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createOrchestrator } from '../../src/orchestrator/orchestrator';

async function main(): Promise<void> {
  const [address = '', codePath = ''] = process.argv.slice(2);
  Runtime.install({
    logger: new DefaultLogger('ERROR', ({ message, meta }) => console.error(message, meta?.error ?? '')),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } } },
  });
  const worker = await createOrchestrator({
    connection: await NativeConnection.connect({ address }),
    namespace: 'default',
    workflowBundle: { codePath },
  });
  process.stdin.resume().on('end', () => process.exit()); // whoever started it is gone
  process.stdout.write('ready\n');
  await worker.run();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

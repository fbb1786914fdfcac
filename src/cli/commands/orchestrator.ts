/** `vgpu-ferry orchestrator`: the process that runs the workflows. */
import type { Command } from 'commander';
import { createOrchestrator } from '../../orchestrator/orchestrator';
import { connectWorker, temporalSettings } from '../../temporal/connection';
import { createLog, installRuntime } from '../logging';
import { untilSignal } from '../signals';
import { serviceManager } from '../systemd';

export function addOrchestratorCommand(program: Command): void {
  program
    .command('orchestrator')
    .summary('run the workflows')
    .description(
      'Runs the migration workflows until it is told to end. It touches no host; run as many as you like, anywhere.',
    )
    .action(async () => {
      const log = createLog('orchestrator');
      installRuntime(log);
      const manager = serviceManager();
      const settings = temporalSettings();
      const { namespace } = settings;
      const connection = await connectWorker(settings);
      const worker = await createOrchestrator({ connection, namespace, log });
      const run = worker.run();
      log.info({ namespace }, 'orchestrator ready');
      manager.ready();
      void untilSignal().then(() => {
        manager.stopping();
        worker.shutdown();
      });
      await run;
      await connection.close();
      log.info({}, 'orchestrator stopped');
    });
}

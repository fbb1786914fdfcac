/** `vgpu-ferry orchestrator`: the process that runs the workflows. */
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { Command } from 'commander';
import { type FleetMetricsOptions, startFleetMetrics } from '../../orchestrator/metrics';
import { createOrchestrator } from '../../orchestrator/orchestrator';
import { connectWorker, dataConverterOf, temporalSettings } from '../../temporal/connection';
import { runTogether } from '../../temporal/worker-run';
import { openTracing } from '../../tracing';
import { deploymentOf } from '../deployment';
import { ExitCode } from '../exit-codes';
import { createLog } from '../logging';
import { installRuntime } from '../runtime';
import { untilSignal } from '../signals';
import { serviceManager } from '../systemd';

export function addOrchestratorCommand(program: Command): void {
  program
    .command('orchestrator')
    .summary('run the workflows')
    .description(
      'Runs the migration workflows until it is told to end. It touches no host; run as many as you like, anywhere.',
    )
    .action(() => runOrchestrator());
}

/** Until it is told to end. `workflowBundle`: another one than the package's; `pace`: of its figures. */
export async function runOrchestrator(
  workflowBundle?: WorkflowBundleOption,
  pace?: FleetMetricsOptions['pace'],
): Promise<void> {
  const log = createLog('orchestrator');
  const meter = installRuntime(log);
  const manager = serviceManager();
  const settings = temporalSettings();
  const { namespace } = settings;
  const dataConverter = dataConverterOf(settings);
  const connection = await connectWorker(settings);
  const tracing = await openTracing({ service: 'vgpu-ferry-orchestrator', log });
  const worker = await createOrchestrator({
    ...{ connection, namespace, dataConverter, log, tracing },
    deployment: deploymentOf(process.env.VGPU_FERRY_DEPLOYMENT),
    ...(workflowBundle && { workflowBundle }),
  });
  const run = runTogether([worker]);
  const figures = meter && startFleetMetrics({ connection, namespace, meter, log, pace });
  log.info({ namespace }, 'orchestrator ready');
  manager.ready();
  void untilSignal().then(() => {
    manager.stopping();
    worker.shutdown();
  });
  await run.catch((error: unknown) => {
    log.fatal({ error: String(error) }, 'orchestrator failed');
    process.exit(ExitCode.Unavailable); // what has failed may hold the process for ever
  });
  figures?.stop();
  await tracing?.close();
  await connection.close();
  log.info({}, 'orchestrator stopped');
}

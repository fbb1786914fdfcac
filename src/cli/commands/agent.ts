/** `vgpu-ferry agent`: the process that runs on each hypervisor. */
import type { Command } from 'commander';
import { startAgentFromConfig } from '../../agent/start';
import { DEFAULT_CONFIG_FILE, readAgentConfig } from '../../agent/config';
import { connectWorker, dataConverterOf, temporalSettings } from '../../temporal/connection';
import { openTracing } from '../../tracing';
import { endAtOnce } from '../end-at-once';
import { createLog } from '../logging';
import { installRuntime } from '../runtime';
import { untilSignal } from '../signals';
import { serviceManager } from '../systemd';
import { version } from '../version';

/** Long enough for steps that are under way; a migration's job is left alone anyway. */
const STOP_WITHIN_MS = 20_000;

/** A connection to a peer that has gone would be closed only when its keepalive has given it up. */
const CLOSE_WITHIN_MS = 3_000;

const HELP = `
The agent talks to this host's libvirt and keeps its ledger of claimed devices. Run one on each host, as a
service that is restarted when it ends. Where Temporal is comes from Temporal's own settings: TEMPORAL_ADDRESS,
TEMPORAL_NAMESPACE, TEMPORAL_PROFILE and so on.

Configuration (JSON):
  {
    "host": "host-a",
    "stateDir": "/var/lib/vgpu-ferry",
    "libvirtUri": "qemu:///system",
    "peers": { "host-b": { "libvirtUri": "qemu+tls://host-b/system" } },
    "maxMigrations": 2
  }`;

export function addAgentCommand(program: Command): void {
  program
    .command('agent')
    .summary('run the agent of this host')
    .description("Runs this host's agent until it is told to end.")
    .option('-c, --config <file>', 'configuration file', DEFAULT_CONFIG_FILE)
    .addHelpText('after', HELP)
    .action(({ config }: { config: string }) => runAgent(config));
}

/** Until it is told to end. `lookEachMs`: how often it reads its host's figures, if not as often as usual. */
export async function runAgent(file: string, lookEachMs?: number): Promise<void> {
  const config = await readAgentConfig(file);
  const log = createLog('agent').child({ host: config.host });
  const end = (): void => void endAtOnce(log);
  const meter = installRuntime(log);
  const manager = serviceManager();
  const settings = temporalSettings();
  const { namespace } = settings;
  const dataConverter = dataConverterOf(settings);
  const connection = await connectWorker(settings);
  const tracing = await openTracing({ service: 'vgpu-ferry-agent', host: config.host, log });
  const agent = await startAgentFromConfig({
    ...{ config, connection, namespace, dataConverter, log },
    ...(tracing && { interceptors: tracing.interceptors }),
    ...(meter && { metrics: { meter, version: version(), lookEachMs } }),
  }).catch(async (error: unknown) => {
    await connection.close(); // or the process would not end
    throw error;
  });
  log.info({ namespace, hypervisor: config.simulatedFleet ?? config.libvirtUri }, 'agent ready');
  manager.ready();
  void untilSignal().then((signal) => {
    log.info({ signal }, 'agent stopping; running migrations go on');
    manager.stopping();
    setTimeout(end, STOP_WITHIN_MS); // a server that is away would hold the workers' orderly end for ever
    agent.shutdown();
  });
  await agent.done.catch((error: unknown) => {
    log.fatal({ error: String(error) }, 'agent failed');
    return endAtOnce(log); // what has failed may hold the process for ever
  });
  if (agent.migrationsInFlight() > 0) await endAtOnce(log);
  setTimeout(end, CLOSE_WITHIN_MS);
  await agent.close();
  await tracing?.close();
  await connection.close();
  log.info({}, 'agent stopped');
  process.exit();
}

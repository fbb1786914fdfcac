/** `vgpu-ferry demo`: a whole migration on this machine, with two simulated hosts and a real Temporal server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Command } from 'commander';
import { pc } from '../colours';
import pino from 'pino';
import { startAgentFromConfig } from '../../agent/start';
import {
  FleetControl,
  MemoryStore,
  RealClock,
  SAMPLE_GUEST,
  createSimulatedHypervisor,
  sampleFleet,
} from '../../hypervisor/simulated';
import { createOrchestrator } from '../../orchestrator/orchestrator';
import { startEmbeddedTemporal } from '../../temporal/embedded';
import { startMigration } from '../../temporal/migrations';
import { followToEnd } from '../follow-to-end';
import { installRuntime } from '../logging';
import { untilSignal } from '../signals';

const NAMESPACE = 'default';
const HOSTS = ['host-a', 'host-b'];

const HELP = `
Needs no root, no libvirt and no Temporal installation. The hosts are simulated; Temporal, the workflow, the agents
and the ledger are the real ones. On two real hosts: see README.md.`;

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .summary('see a migration, on this machine alone')
    .description(
      'Starts a Temporal server, an orchestrator and the agents of two simulated hosts, and migrates a guest with two vGPUs.',
    )
    .option('--keep', 'stay up afterwards, to look round')
    .addHelpText('after', HELP)
    .action(demo);
}

async function demo({ keep }: { keep?: boolean }): Promise<void> {
  installRuntime(null);
  const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-demo-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const temporal = await startEmbeddedTemporal({ log: say, ended: say });
    closers.push(() => temporal.stop());
    const fleet = await startFleet(temporal.address, folder, closers);
    await migrateSampleGuest(temporal.address, temporal.uiUrl, closers);
    await showFleet(fleet);
    if (keep) await lookRound(temporal.address, temporal.uiUrl);
    else say('\nAll of it ends now. To look round in the Web UI: npm run demo -- --keep');
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** Orchestrator and agents, each as it runs in production, but in this process. */
async function startFleet(
  address: string,
  folder: string,
  closers: (() => Promise<unknown>)[],
): Promise<FleetControl> {
  const clock = new RealClock();
  const store = new MemoryStore(sampleFleet(clock.now()));
  const connection = await NativeConnection.connect({ address });
  closers.push(() => connection.close());
  const peers = Object.fromEntries(HOSTS.map((host) => [host, { libvirtUri: `sim://${host}/system` }]));
  for (const host of HOSTS) {
    const hypervisor = createSimulatedHypervisor({ host, store, clock });
    const config = {
      host,
      stateDir: join(folder, host),
      libvirtUri: `sim://${host}/system`,
      peers,
      maxMigrations: 2,
      profiles: {},
      requireTls: false,
      reconcileEveryMinutes: 10,
    };
    const agent = await startAgentFromConfig({
      config,
      connection,
      namespace: NAMESPACE,
      log: pino({ level: 'silent' }),
      hypervisor,
    });
    closers.push(async () => {
      agent.shutdown();
      await agent.done;
      await agent.close();
    });
  }
  const orchestrator = await createOrchestrator({ connection, namespace: NAMESPACE });
  const run = orchestrator.run();
  closers.push(async () => {
    orchestrator.shutdown();
    await run;
  });
  say(`Running: Temporal at ${address}, one orchestrator, the agents of ${HOSTS.join(' and ')} (simulated).`);
  return new FleetControl({ store, clock });
}

async function migrateSampleGuest(
  address: string,
  uiUrl: string,
  closers: (() => Promise<unknown>)[],
): Promise<void> {
  const connection = await Connection.connect({ address });
  closers.push(() => connection.close());
  const client = new Client({ connection, namespace: NAMESPACE });
  const guest = SAMPLE_GUEST.uuid;
  const handle = await startMigration(client, { guest, source: 'host-a', destination: 'host-b' });
  say(`Migrating guest ${pc.bold(SAMPLE_GUEST.name)} with two vGPUs from host-a to host-b.`);
  await followToEnd(handle, guest, { farewell: 'Stopped; the demo ends here, and all of it with it.' });
  say(`\nIn the Web UI: ${uiUrl}/namespaces/${NAMESPACE}/workflows/${encodeURIComponent(handle.workflowId)}`);
}

async function showFleet(fleet: FleetControl): Promise<void> {
  const rows = await Promise.all(
    HOSTS.map(async (host) => `  ${host}: ${(await fleet.mdevs(host)).length} mdev(s)`),
  );
  say([pc.bold('Left on the hosts'), ...rows].join('\n'));
}

async function lookRound(address: string, uiUrl: string): Promise<void> {
  say(
    `\nStill up. In another terminal:\n  export TEMPORAL_ADDRESS=${address}\n  npx vgpu-ferry migrate ${SAMPLE_GUEST.name} --from host-b --to host-a\nWeb UI: ${uiUrl}\nEnd with Ctrl-C.`,
  );
  await untilSignal();
}

function say(text: string): void {
  console.log(text);
}

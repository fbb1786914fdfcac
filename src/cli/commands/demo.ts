/** `vgpu-ferry demo`: a whole migration on this machine, with two simulated hosts and a real Temporal server. */
import { Client, Connection } from '@temporalio/client';
import type { Command } from 'commander';
import { type FleetControl, SAMPLE_GUEST } from '../../hypervisor/simulated';
import { startEmbeddedTemporal } from '../../temporal/embedded';
import { startMigration } from '../../temporal/migrations';
import { pc } from '../colours';
import { followToEnd } from '../follow-to-end';
import { LOCAL_HOSTS, LOCAL_NAMESPACE, startLocalFleet } from '../local-fleet';
import { installRuntime } from '../runtime';
import { untilSignal } from '../signals';
import { say } from '../say';

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
  const temporal = await startEmbeddedTemporal({ log: say, ended: say });
  try {
    const { fleet, stop } = await startLocalFleet(temporal.address);
    try {
      say(
        `Running: Temporal at ${temporal.address}, one orchestrator, the agents of ${LOCAL_HOSTS.join(' and ')} (simulated).`,
      );
      await migrateSampleGuest(temporal.address, temporal.uiUrl);
      await showFleet(fleet);
      if (keep) await lookRound(temporal.address, temporal.uiUrl);
      else say('\nAll of it ends now. To look round in the Web UI: npm run demo -- --keep');
    } finally {
      await stop();
    }
  } finally {
    await temporal.stop();
  }
}

async function migrateSampleGuest(address: string, uiUrl: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection, namespace: LOCAL_NAMESPACE });
    const guest = SAMPLE_GUEST.uuid;
    const handle = await startMigration(client, { guest, source: 'host-a', destination: 'host-b' });
    say(`Migrating guest ${pc.bold(SAMPLE_GUEST.name)} with two vGPUs from host-a to host-b.`);
    await followToEnd(handle, guest, { farewell: 'Stopped; the demo ends here, and all of it with it.' });
    const workflow = encodeURIComponent(handle.workflowId);
    say(`\nIn the Web UI: ${uiUrl}/namespaces/${LOCAL_NAMESPACE}/workflows/${workflow}`);
  } finally {
    await connection.close();
  }
}

async function showFleet(fleet: FleetControl): Promise<void> {
  const rows = await Promise.all(
    LOCAL_HOSTS.map(async (host) => `  ${host}: ${(await fleet.mdevs(host)).length} mdev(s)`),
  );
  say([pc.bold('Left on the hosts'), ...rows].join('\n'));
}

async function lookRound(address: string, uiUrl: string): Promise<void> {
  say(
    `\nStill up. In another terminal:\n  export TEMPORAL_ADDRESS=${address}\n  npx vgpu-ferry migrate ${SAMPLE_GUEST.name} --from host-b --to host-a\nWeb UI: ${uiUrl}\nEnd with Ctrl-C.`,
  );
  await untilSignal();
}

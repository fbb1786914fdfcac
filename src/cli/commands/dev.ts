/** `vgpu-ferry dev`: Temporal, an orchestrator and simulated hosts, up until Ctrl-C, where every command finds them. */
import type { Command } from 'commander';
import { SAMPLE_GUEST } from '../../hypervisor/simulated';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../temporal/embedded';
import { pc } from '../colours';
import { LOCAL_HOSTS, startLocalFleet } from '../local-fleet';
import { installRuntime } from '../runtime';
import { untilSignal } from '../signals';
import { wholeNumberAboveZero } from '../whole-number';
import { say } from '../say';

/** Temporal's own: where its tools, and ours, look when nothing is set. */
const PORT = 7233;
const UI_PORT = 8233;

interface DevOptions {
  port: number;
  uiPort: number;
  dbFile?: string;
  hosts: boolean;
}

const HELP = `
Temporal, the workflow, the agents and their ledgers are the real ones. The hosts are simulated, in memory, and new at each
start. With --no-hosts, start agents of your own against it: vgpu-ferry agent --config <file>.

Not for production: nobody is asked who he is, and it listens on this machine only. See docs/install.md.

Examples, in another terminal:
  vgpu-ferry hosts
  vgpu-ferry migrate ${SAMPLE_GUEST.name} --from host-a --to host-b
  vgpu-ferry list`;

export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .summary('all of it on this machine, to try the commands')
    .description(
      'Runs a Temporal server, an orchestrator and the agents of two simulated hosts until it is told to end.',
    )
    .option('--port <port>', "of Temporal's frontend", wholeNumberAboveZero, PORT)
    .option('--ui-port <port>', 'of the Web UI', wholeNumberAboveZero, UI_PORT)
    .option('--db-file <file>', 'keep what Temporal knows in this file; else it is gone with the end')
    .option('--no-hosts', 'no simulated hosts')
    .addHelpText('after', HELP)
    .action(dev);
}

async function dev({ port, uiPort, dbFile, hosts }: DevOptions): Promise<void> {
  installRuntime(null);
  const signal = untilSignal();
  const temporal = await startEmbeddedTemporal({
    ...{ port, uiPort, log: say, ended: say },
    ...(dbFile !== undefined && { dbFile }),
  });
  try {
    const { stop } = await startLocalFleet(temporal.address, hosts ? LOCAL_HOSTS : []);
    try {
      say(welcome(temporal, port, hosts));
      await signal;
    } finally {
      await stop();
    }
  } finally {
    await temporal.stop();
  }
}

function welcome({ address, uiUrl }: EmbeddedTemporal, port: number, hosts: boolean): string {
  const first = hosts
    ? `vgpu-ferry migrate ${SAMPLE_GUEST.name} --from host-a --to host-b`
    : 'vgpu-ferry agent --config <file>';
  return [
    `${pc.bold('Temporal')}      ${address}`,
    `${pc.bold('Web UI')}        ${uiUrl}`,
    `${pc.bold('Orchestrator')}  running`,
    `${pc.bold('Hosts')}         ${hosts ? `${LOCAL_HOSTS.join(', ')} (simulated)` : 'none'}`,
    '',
    'In another terminal:',
    ...(port === PORT ? [] : [`  export TEMPORAL_ADDRESS=${address}`]),
    `  ${first}`,
    'End with Ctrl-C.',
  ].join('\n');
}

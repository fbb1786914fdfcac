/** The agents of all hosts of a simulated fleet in one process, each as it runs in production: for `fork`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import pino from 'pino';
import { startAgentFromConfig } from '../../src/agent/start';
import { createSimulatedHypervisor, RealClock } from '../../src/hypervisor/simulated';
import { quietTemporal } from '../../test/support/ferry';
import { claimFiles } from './claim-files';
import type { FarmSettings, FromChild, ToChild } from './ipc';
import { type Pair, makePair, placementOf } from './pair';
import { hostsOf } from './plan';

/** The most that an agent's configuration allows: the slots are not what is measured. */
const MOST_MIGRATIONS = 64;
/** Agents that start at a time. */
const AT_A_TIME = 20;

const say = (message: FromChild): void => void process.send?.(message);

async function main(): Promise<void> {
  const settings = JSON.parse(process.argv[2] ?? '') as FarmSettings;
  process.on('disconnect', () => process.exit()); // whoever started it is gone
  quietTemporal();
  const connection = await NativeConnection.connect({ address: settings.address });
  const pairs: Pair[] = Array.from({ length: settings.plan.pairs }, (_, pair) =>
    makePair(pair, settings.plan),
  );
  const agents = pairs.flatMap((pair, index) =>
    hostsOf(index).map((host) => ({ host, pair, peers: hostsOf(index) })),
  );
  for (let i = 0; i < agents.length; i += AT_A_TIME)
    await Promise.all(agents.slice(i, i + AT_A_TIME).map((agent) => startAgent(agent, settings, connection)));
  process.on('message', (_asked: ToChild) => say({ say: 'placement', placement: placementOf(pairs) }));
  say({ say: 'ready' });
}

async function startAgent(
  { host, pair, peers }: { host: string; pair: Pair; peers: string[] },
  { folder, plan }: FarmSettings,
  connection: NativeConnection,
): Promise<void> {
  const stateDir = join(folder, host);
  if (host === peers[1]) fillLedger(stateDir, plan.claimsInLedger);
  const uri = (name: string): string => `sim://${name}/system`;
  const config = {
    ...{ host, stateDir, libvirtUri: uri(host), maxMigrations: MOST_MIGRATIONS, profiles: {} },
    ...{ reconcileEveryMinutes: 0, requireTls: false, askQemu: false },
    peers: Object.fromEntries(peers.map((name) => [name, { libvirtUri: uri(name) }])),
  };
  await startAgentFromConfig({
    ...{
      config,
      connection,
      namespace: 'default',
      log: pino({ level: process.env.VGPU_FERRY_LOG_LEVEL ?? 'silent' }),
    },
    hypervisor: createSimulatedHypervisor({ host, store: pair.store, clock: new RealClock() }),
  });
}

function fillLedger(stateDir: string, count: number): void {
  if (count === 0) return;
  const claims = join(stateDir, 'claims');
  mkdirSync(claims, { recursive: true, mode: 0o700 });
  for (const [name, text] of claimFiles(count)) writeFileSync(join(claims, name), text, { mode: 0o600 });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

/** An orchestrator and the agents of simulated hosts in this process, each as it runs in production. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import pino from 'pino';
import { startAgentFromConfig } from '../agent/start';
import {
  FleetControl,
  MemoryStore,
  RealClock,
  createSimulatedHypervisor,
  sampleFleet,
} from '../hypervisor/simulated';
import { createOrchestrator } from '../orchestrator/orchestrator';

export const LOCAL_NAMESPACE = 'default';
export const LOCAL_HOSTS = ['host-a', 'host-b'];

export interface LocalFleet {
  fleet: FleetControl;
  stop: () => Promise<void>;
}

/** Undone from the last to the first. */
type Closers = (() => Promise<unknown>)[];

/** `hosts`: of the sample fleet; none = the orchestrator alone. */
export async function startLocalFleet(address: string, hosts = LOCAL_HOSTS): Promise<LocalFleet> {
  const closers: Closers = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return { fleet: await open(address, hosts, closers), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function open(address: string, hosts: string[], closers: Closers): Promise<FleetControl> {
  const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-local-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const clock = new RealClock();
  const store = new MemoryStore(sampleFleet(clock.now()));
  const connection = await NativeConnection.connect({ address });
  closers.push(() => connection.close());
  for (const host of hosts) {
    const hypervisor = createSimulatedHypervisor({ host, store, clock });
    closers.push(await startAgent({ host, stateDir: join(folder, host), connection, hypervisor }));
  }
  closers.push(await startOrchestrator(connection));
  return new FleetControl({ store, clock });
}

async function startAgent(of: {
  host: string;
  stateDir: string;
  connection: NativeConnection;
  hypervisor: ReturnType<typeof createSimulatedHypervisor>;
}): Promise<() => Promise<void>> {
  const { host, stateDir, connection, hypervisor } = of;
  const uri = (name: string): string => `sim://${name}/system`;
  const config = {
    ...{
      host,
      stateDir,
      libvirtUri: uri(host),
      maxMigrations: 2,
      profiles: {},
      reconcileEveryMinutes: 10,
      requireTls: false,
      askQemu: false,
    },
    peers: Object.fromEntries(LOCAL_HOSTS.map((name) => [name, { libvirtUri: uri(name) }])),
  };
  const log = pino({ level: 'silent' });
  const agent = await startAgentFromConfig({
    config,
    connection,
    namespace: LOCAL_NAMESPACE,
    log,
    hypervisor,
  });
  return async () => {
    agent.shutdown();
    await agent.done;
    await agent.close();
  };
}

async function startOrchestrator(connection: NativeConnection): Promise<() => Promise<void>> {
  const orchestrator = await createOrchestrator({ connection, namespace: LOCAL_NAMESPACE });
  const run = orchestrator.run();
  return async () => {
    orchestrator.shutdown();
    await run;
  };
}

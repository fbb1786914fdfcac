/** Two simulated hosts whose fleet lies in a file, each with its agent in a process of its own, and guests that stay in pre-copy. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import {
  FleetControl,
  RealClock,
  SAMPLE_GPU,
  SAMPLE_TYPE,
  createSimulatedHypervisor,
  openFileStore,
  sampleFleet,
  type FleetStore,
} from '../../src/hypervisor/simulated';
import { hostNamed } from '../../src/hypervisor/simulated/state';
import type { Hypervisor } from '../../src/hypervisor/port';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../src/temporal/embedded';
import { type MigrationHandle, startMigration } from '../../src/temporal/migrations';
import { type Program, startAgent, startOrchestrator } from './ferry';

const HOSTS = ['host-a', 'host-b'] as const;
type HostName = (typeof HOSTS)[number];

export interface Endless {
  guest: string;
  handle: MigrationHandle;
  /** On host-a. */
  mdevs: string[];
}

export class Workshop {
  private readonly clock = new RealClock();
  private connection: Connection | undefined;
  readonly agents = new Map<HostName, Program>();
  orchestrator!: Program;
  temporal!: EmbeddedTemporal;
  private opened: Client | undefined;
  fleet!: FleetControl;
  private store!: FleetStore;

  private constructor(private readonly folder: string) {}

  /** Opened, used and closed. */
  static async during<T>(folder: string, act: (workshop: Workshop) => Promise<T>): Promise<T> {
    const workshop = await Workshop.open(folder);
    try {
      return await act(workshop);
    } finally {
      await workshop.close();
    }
  }

  private static async open(folder: string): Promise<Workshop> {
    const workshop = new Workshop(folder);
    workshop.store = await openFileStore(workshop.fleetFile, () => sampleFleet(Date.now()));
    workshop.fleet = new FleetControl({ store: workshop.store, clock: workshop.clock });
    await workshop.startTemporal();
    await workshop.startOrchestrator();
    for (const host of HOSTS) await workshop.startAgent(host);
    return workshop;
  }

  async close(): Promise<void> {
    for (const agent of this.agents.values()) await agent.kill();
    await this.orchestrator.kill();
    await this.connection?.close();
    await this.temporal.stop();
  }

  async startAgent(host: HostName): Promise<void> {
    this.agents.set(host, await startAgent(this.temporal.address, this.configOf(host)));
  }

  async startOrchestrator(): Promise<void> {
    this.orchestrator = await startOrchestrator(this.temporal.address);
  }

  /** Again where it was, with what it had. */
  async startTemporal(): Promise<void> {
    const port = this.opened && Number(this.temporal.address.split(':')[1]);
    this.temporal = await startEmbeddedTemporal({
      dbFile: join(this.folder, 'temporal.db'),
      ...(port !== undefined && { port }),
    });
    if (this.opened) return;
    this.connection = await Connection.connect({ address: this.temporal.address });
    this.opened = new Client({ connection: this.connection });
  }

  /** Stays in pre-copy until it is let go or aborted. */
  async endless(): Promise<Endless> {
    const guest = randomUUID();
    const { mdevs } = await this.fleet.startGuest({
      ...{ host: 'host-a', uuid: guest, name: `busy-${guest.slice(0, 8)}`, mdevs: 1 },
      ...{ type: SAMPLE_TYPE, parent: SAMPLE_GPU, memoryMiB: 16_384 },
      load: { dirtyBytesPerSec: 64 * 2 ** 30, workingSetBytes: 8 * 2 ** 30 },
    });
    const handle = await startMigration(this.client(), { guest, source: 'host-a', destination: 'host-b' });
    await this.fleet.until(({ jobs }) => jobs.some((job) => job.guest === guest && job.step === 'pre-copy'));
    return { guest, handle, mdevs };
  }

  /** Its guest writes no more, and so arrives; it is ended, so that the next one has room. */
  async letGo({ guest, handle, mdevs }: Endless): Promise<void> {
    await this.store.update((fleet) => {
      const domain = hostNamed(fleet, 'host-a').domains.find(({ uuid }) => uuid === guest);
      if (domain) domain.load = { dirtyBytesPerSec: 0, workingSetBytes: 0 };
      fleet.revision++;
    });
    await handle.result();
    await this.endGuest('host-b', guest);
    for (const uuid of mdevs) await this.hypervisor('host-a').destroyMdev(uuid); // made by us, so the product leaves them
  }

  async endGuest(host: HostName, guest: string): Promise<void> {
    const hypervisor = this.hypervisor(host);
    const { hosts } = await this.fleet.snapshot();
    const uuids = (hosts[host]?.domains ?? [])
      .filter(({ uuid }) => uuid === guest)
      .flatMap(({ live }) => live?.hostdevs.flatMap(({ mdev }) => mdev ?? []) ?? []);
    await hypervisor.destroy(guest);
    await hypervisor.undefine(guest);
    for (const uuid of uuids) await hypervisor.destroyMdev(uuid);
  }

  private client(): Client {
    if (!this.opened) throw new Error('the workshop is not open');
    return this.opened;
  }

  private hypervisor(host: HostName): Hypervisor {
    return createSimulatedHypervisor({ host, store: this.store, clock: this.clock });
  }

  private configOf(host: HostName): string {
    const file = join(this.folder, `${host}.json`);
    const peers = Object.fromEntries(HOSTS.map((peer) => [peer, { libvirtUri: `sim://${peer}/system` }]));
    const stateDir = join(this.folder, host);
    writeFileSync(
      file,
      JSON.stringify({ host, stateDir, simulatedFleet: this.fleetFile, peers, reconcileEveryMinutes: 0 }),
    );
    return file;
  }

  private get fleetFile(): string {
    return join(this.folder, 'fleet.json');
  }
}

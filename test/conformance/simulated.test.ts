/** The simulated fleet, in memory and shared through a file, against the suite that real hosts pass too. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hypervisor } from '../../src/hypervisor/port';
import {
  createSimulatedHypervisor,
  emptyFleet,
  FleetControl,
  type FleetState,
  type FleetStore,
  type GuestLoad,
  MemoryStore,
  openFileStore,
  RealClock,
  SAMPLE_GPU,
  SAMPLE_TYPE,
  SAMPLE_VNC_PASSWORD,
  sampleGpu,
  SAMPLE_VERSIONS,
} from '../../src/hypervisor/simulated';
import type { ConformanceFleet, GuestWish, HostLetter, StartedGuest } from './fleet';
import { runConformance } from './suite';

/** A migration of some seconds takes a tenth of one; libvirt's 30 s for a job lock take little more than one. */
const clock = new RealClock(25);
/** Two thirds of a second's worth of the link. */
const RESTLESS: GuestLoad = { dirtyBytesPerSec: 4 * 2 ** 30, workingSetBytes: 2 ** 30 };
const HOSTS = { a: 'host-a', b: 'host-b' } as const;

class SimulatedFleet implements ConformanceFleet {
  readonly parent = SAMPLE_GPU;
  readonly type = SAMPLE_TYPE;
  readonly otherType = 'nvidia-470';
  readonly vncPassword = SAMPLE_VNC_PASSWORD;
  readonly endless = { maxDowntimeMs: 300, bandwidthMiBps: 0 };
  readonly enoughDowntimeMs = 4_000;
  a!: Hypervisor;
  b!: Hypervisor;
  private open: Hypervisor[] = [];
  private control!: FleetControl;

  constructor(private readonly makeStore: (fleet: FleetState) => Promise<FleetStore>) {}

  uriOf(host: HostLetter): string {
    return `sim://${HOSTS[host]}/system`;
  }

  /** Each host has its own client, as each has its own agent. */
  async reset(): Promise<void> {
    await this.close();
    const store = await this.makeStore(emptyFleet(clock.now()));
    this.control = new FleetControl({ store, clock });
    for (const name of Object.values(HOSTS)) {
      await this.control.addHost({ name, versions: SAMPLE_VERSIONS, parents: { [SAMPLE_GPU]: sampleGpu() } });
    }
    this.a = createSimulatedHypervisor({ store, clock, host: HOSTS.a });
    this.b = createSimulatedHypervisor({ store, clock, host: HOSTS.b });
    this.open = [this.a, this.b];
  }

  async startGuest({ on = 'a', mdevs, persistent, dirty, blocked, uuid }: GuestWish): Promise<StartedGuest> {
    const started = await this.control.startGuest({
      host: HOSTS[on],
      name: on === 'a' || uuid !== undefined ? 'guest' : 'other',
      mdevs,
      type: this.type,
      parent: this.parent,
      persistent,
      autostart: persistent,
      vncPassword: this.vncPassword,
      ...(uuid === undefined ? {} : { uuid }),
      ...(dirty ? { load: RESTLESS } : {}),
      ...(blocked
        ? { blockers: ["The vdi format used by node 'disk' does not support live migration"] }
        : {}),
    });
    return { guest: started.uuid, mdevs: started.mdevs };
  }

  userPauses(guest: string): Promise<void> {
    return this.control.pauseGuest(guest);
  }

  userShutsDown(guest: string): Promise<void> {
    return this.control.shutDownGuest(guest);
  }

  async close(): Promise<void> {
    for (const client of this.open.splice(0)) await client.close();
  }
}

const limits = { testMs: 60_000, conditionMs: 45_000 };

runConformance(
  'simulated in memory',
  async () => new SimulatedFleet(async (fleet) => new MemoryStore(fleet)),
  limits,
);

describe('shared through a file', () => {
  let folder: string;
  let files = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'simulated-fleet-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const inFile = (fleet: FleetState) => openFileStore(join(folder, `fleet-${files++}.json`), () => fleet);

  runConformance('simulated in a file', async () => new SimulatedFleet(inFile), limits);
});

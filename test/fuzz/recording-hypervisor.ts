/** A host's hypervisor that does nothing at once, and notes what was asked of it: so it is seen what a hostile task reaches. */
import type { GuestOnHost } from '../../src/contract';
import type {
  Hypervisor,
  JobStats,
  MdevDevice,
  PeerHypervisor,
  RunningJobStats,
} from '../../src/hypervisor/port';
import { domainXml, mdevXml } from '../domain-xml/samples';

export interface Call {
  name: string;
  args: readonly unknown[];
}

export interface World {
  host: string;
  guests: Readonly<Record<string, { mdevs: readonly string[]; seen: GuestOnHost }>>;
  devices: readonly MdevDevice[];
  offers: readonly { parent: string; type: string }[];
  /** Stands in the XML that is made with secrets, and in the one without it too: nothing may tell it. */
  password: string;
}

export class RecordingHypervisor implements Hypervisor {
  readonly calls: Call[] = [];

  constructor(private readonly world: World) {}

  versions = async () => ({ libvirt: 11_003_000, qemu: 10_000_000, kernel: '6.12.0' });

  listDomains = async () =>
    Object.entries(this.world.guests).map(([uuid, { seen }]) => ({
      ...{ uuid, name: `guest-${uuid.slice(-1)}`, running: seen.state !== 'shut-off' },
      persistent: true,
    }));

  async domain(guest: string) {
    const found = (await this.listDomains()).find(({ uuid }) => uuid === guest);
    return found && { ...found, autostart: true };
  }

  observe = async (guest: string): Promise<GuestOnHost> =>
    this.world.guests[guest]?.seen ?? { state: 'absent' };

  async domainXml(guest: string): Promise<string> {
    const mdevs = this.world.guests[guest]?.mdevs ?? [];
    return domainXml(
      ...mdevs.map((mdev) => mdevXml(mdev)),
      `<graphics type='vnc' passwd='${this.world.password}'/>`,
    );
  }

  expectMigration(): void {}

  migrationBlockers = async (): Promise<string[]> => [];
  mdevTypes = async () => this.world.offers.map((offer) => ({ ...offer, name: null, availableInstances: 4 }));
  listMdevs = async () => [...this.world.devices];
  jobStats = async (): Promise<RunningJobStats | undefined> => undefined;
  completedJobStats = async (): Promise<JobStats | undefined> => undefined;
  close = async () => undefined;

  resume = this.noted('resume');
  destroy = this.noted('destroy');
  undefine = this.noted('undefine');
  setAutostart = this.noted('setAutostart');
  migrate = this.noted('migrate');
  abortJob = this.noted('abortJob');
  setMaxDowntime = this.noted('setMaxDowntime');
  setBandwidth = this.noted('setBandwidth');
  createMdev = this.noted('createMdev');
  destroyMdev = this.noted('destroyMdev');

  async connectPeer(uri: string): Promise<PeerHypervisor> {
    this.calls.push({ name: 'connectPeer', args: [uri] });
    return {
      observe: async () => ({ state: 'absent' }),
      resume: this.noted('peer.resume'),
      resumeIfHeld: async (guest) => {
        this.calls.push({ name: 'peer.resume', args: [guest] });
        return true;
      },
      completedJobStats: async () => undefined,
      close: async () => undefined,
    };
  }

  private noted(name: string): (...args: unknown[]) => Promise<void> {
    return async (...args) => void this.calls.push({ name, args });
  }
}

/** The libvirt adapter against the suite that the simulated fleet passes too: two real hosts, driven from outside. */
import { randomUUID } from 'node:crypto';
import type { ConformanceFleet, GuestWish, HostLetter, StartedGuest } from '../../test/conformance/fleet';
import { runConformance } from '../../test/conformance/suite';
import { createLibvirtHypervisor } from '../../src/hypervisor/libvirt';
import type { Hypervisor } from '../../src/hypervisor/port';
import { cleanHosts } from '../src/clean';
import { MTTY_PARENT, powerOff, startGuest, type GuestSpec } from '../src/guest';
import type { LabHost } from '../src/host';
import { makeVdiDisk } from '../src/vdi';
import type { Lab } from '../src/lab';
import { sharedLab } from '../src/session';

const DIRTY_MIB = 32;
const VDI_DISK = '/run/blocker.vdi';

class RealFleet implements ConformanceFleet {
  readonly parent = MTTY_PARENT;
  readonly type = 'mtty-2';
  readonly otherType = 'mtty-1';
  readonly vncPassword = 'sesame42';
  readonly endless = { maxDowntimeMs: 300, bandwidthMiBps: 2 };
  readonly enoughDowntimeMs = 4_000;

  private constructor(
    private readonly lab: Lab,
    readonly a: Hypervisor,
    readonly b: Hypervisor,
  ) {}

  static async open(): Promise<RealFleet> {
    const { lab } = await sharedLab();
    const adapter = async (host: LabHost) =>
      createLibvirtHypervisor({
        uri: host.libvirtUri,
        kernelRelease: (await host.ssh('uname -r')).trim(),
      });
    const fleet = new RealFleet(lab, await adapter(lab.a), await adapter(lab.b));
    fleet.reachPeersFromOutside();
    return fleet;
  }

  /**
   * A peer's URI is good between the hosts only. A migration is run by the source's daemon, inside; a peer connection by
   * the adapter's own process, which in the agent is inside too, but here is outside.
   */
  private reachPeersFromOutside(): void {
    for (const adapter of [this.a, this.b]) {
      const connectPeer = adapter.connectPeer.bind(adapter);
      adapter.connectPeer = (uri) =>
        connectPeer(uri === this.lab.a.peerUri ? this.lab.a.libvirtUri : this.lab.b.libvirtUri);
    }
  }

  uriOf(host: HostLetter): string {
    return this.lab[host].peerUri;
  }

  async startGuest({ on = 'a', mdevs, persistent, dirty, blocked, uuid }: GuestWish): Promise<StartedGuest> {
    const guest: GuestSpec = {
      name: on === 'a' || uuid !== undefined ? 'guest' : 'other',
      uuid: uuid ?? randomUUID(),
      mdevs: Array.from({ length: mdevs }, () => ({ uuid: randomUUID(), type: this.type })),
      transient: !persistent,
      dirtyMiB: dirty ? DIRTY_MIB : 0,
      vncPassword: this.vncPassword,
      ...(blocked && { vdiDisk: VDI_DISK }),
    };
    if (blocked) await makeVdiDisk(this.lab[on], VDI_DISK);
    await startGuest(this.lab[on], guest);
    return { guest: guest.uuid, mdevs: guest.mdevs.map((mdev) => mdev.uuid) };
  }

  async userPauses(guest: string): Promise<void> {
    await (await this.hostOf(guest)).virsh('suspend', guest);
  }

  async userShutsDown(guest: string): Promise<void> {
    await powerOff(await this.hostOf(guest), guest);
  }

  reset(): Promise<void> {
    return cleanHosts(this.lab.hosts);
  }

  async close(): Promise<void> {
    await cleanHosts(this.lab.hosts);
    await Promise.all([this.a.close(), this.b.close()]);
  }

  private async hostOf(guest: string): Promise<LabHost> {
    const { code } = await this.lab.a.tryVirsh('domstate', guest);
    return code === 0 ? this.lab.a : this.lab.b;
  }
}

runConformance('libvirt on two real hosts', () => RealFleet.open(), { testMs: 240_000, conditionMs: 90_000 });

/** A connection from one host to another host's daemon: it dies with that daemon, or with a link that stays silent. */
import type { GuestOnHost } from '../../contract';
import type { JobStats, PeerHypervisor } from '../port';
import { changeFleet, readFleet } from './access';
import type { HostCalls } from './calls';
import { observeGuest, resume } from './domains';
import {
  connectRefused,
  jobLockTimeout,
  noRoute,
  noSuchHost,
  peerConnectionGone,
  toHypervisorError,
} from './errors';
import type { FleetState, HostState } from './state';
import { activeJob, cutBetween, domainOf, findDomain, hostNamed } from './state';
import { nextChangeAt } from './timeline';

/** The host part of `sim://host-b/system`, `qemu+tls://user@host-b:16514/system` and the like. */
export function hostOfUri(uri: string): string {
  const host = /^[a-z0-9+]+:\/\/(?:[^@/]*@)?([^:/?]+)/i.exec(uri)?.[1];
  if (!host) throw noSuchHost(uri);
  return host;
}

export async function connectToPeer(calls: HostCalls, uri: string): Promise<PeerHypervisor> {
  const target = hostOfUri(uri);
  const generation = await calls.read('connectPeer', (fleet, local) => {
    if (cutBetween(fleet, local.name, target)) throw noRoute(target);
    const { libvirtd } = hostNamed(fleet, target);
    if (!libvirtd.up) throw connectRefused(target);
    return libvirtd.generation;
  });
  return new PeerConnection(calls, target, generation);
}

class PeerConnection implements PeerHypervisor {
  private dead = false;

  constructor(
    private readonly calls: HostCalls,
    private readonly target: string,
    private readonly generation: number,
  ) {}

  observe(guest: string): Promise<GuestOnHost> {
    return this.over(() =>
      readFleet(this.calls.access, (fleet) => observeGuest(fleet, this.alive(fleet), guest)),
    );
  }

  resume(guest: string): Promise<void> {
    return this.over(() =>
      changeFleet(this.calls.access, (fleet) => {
        const host = this.alive(fleet);
        if (activeJob(fleet, host.name, guest)) throw jobLockTimeout();
        resume(fleet, host, domainOf(host, guest));
      }),
    );
  }

  resumeIfHeld(guest: string): Promise<boolean> {
    return this.over(() =>
      changeFleet(this.calls.access, (fleet) => {
        const host = this.alive(fleet);
        const domain = findDomain(host, guest);
        const held = domain?.state === 'paused' && domain.reason === 'user';
        if (!held || activeJob(fleet, host.name, guest)) return false;
        resume(fleet, host, domain);
        return true;
      }),
    );
  }

  completedJobStats(guest: string): Promise<JobStats | undefined> {
    return this.over(() =>
      readFleet(
        this.calls.access,
        (fleet) => findDomain(this.alive(fleet), guest)?.completedJob ?? undefined,
      ),
    );
  }

  /** A call over a cut link hangs until the link is back or libvirt's keepalive gives it up. */
  private async over<T>(call: () => Promise<T>): Promise<T> {
    await this.calls.wait((fleet) => {
      const cut = cutBetween(fleet, this.calls.hostName, this.target);
      if (!cut || this.dead) return { value: undefined };
      const givesUpAt = cut.since + fleet.timing.keepaliveMs;
      this.dead = fleet.now >= givesUpAt;
      return { lookAgainAt: Math.min(givesUpAt, nextChangeAt(fleet) ?? givesUpAt) };
    });
    return call();
  }

  private alive(fleet: FleetState): HostState {
    const host = hostNamed(fleet, this.target);
    if (!host.libvirtd.up || host.libvirtd.generation !== this.generation) this.dead = true;
    if (this.dead) throw toHypervisorError(peerConnectionGone);
    return host;
  }

  async close(): Promise<void> {
    this.dead = true;
  }
}

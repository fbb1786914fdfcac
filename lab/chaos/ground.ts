/** Where the cells are played: two hosts, the product, one guest that goes back and forth; made good again after each. */
import { randomUUID } from 'node:crypto';
import { cleanHosts } from '../src/clean';
import type { LabHost } from '../src/host';
import type { Lab } from '../src/lab';
import { type GuestSpec, startGuest } from '../src/guest';
import { whereDefined } from '../src/inspect';
import { Migrations } from '../src/migrations';
import type { Product } from '../src/product';
import { waitUntil } from '../src/wait';
import { runs } from './copies';
import { startLibvirtd } from './faults';
import { Sampler } from './sampler';

/** Sent in the switchover, it makes that last for some four seconds under emulation. */
const DIRTY_MIB = 64;
const COUNTS_WITHIN_MS = 30_000;

export class Ground {
  /** One for the whole run, so that the samplers know it; its devices are the operator's. */
  readonly guest: GuestSpec = {
    ...{ name: 'desk', uuid: randomUUID(), dirtyMiB: DIRTY_MIB, vncPassword: 'sesame42' },
    mdevs: [{ uuid: randomUUID(), type: 'mtty-2' }],
  };
  private readonly samplers: Record<string, Sampler>;

  private constructor(
    readonly lab: Lab,
    readonly product: Product,
    readonly migrations: Migrations,
  ) {
    this.samplers = Object.fromEntries(
      [lab.a, lab.b].map((host) => [host.name, Sampler.of(host, this.guest)]),
    );
  }

  static async on(lab: Lab, product: Product): Promise<Ground> {
    return new Ground(lab, product, await Migrations.connect(product.address));
  }

  async end(): Promise<void> {
    for (const sampler of Object.values(this.samplers)) sampler.end();
    await this.migrations.close();
  }

  other(host: LabHost): LabHost {
    return host.name === this.lab.a.name ? this.lab.b : this.lab.a;
  }

  sampler(host: LabHost): Sampler {
    return this.samplers[host.name]!;
  }

  /** The host that the guest runs on, unharmed; if it does not, everything is made anew. */
  async healthyGuest(): Promise<LabHost> {
    const host = await this.whereItRuns();
    if (host) return host;
    await this.makeAnew();
    return this.lab.a;
  }

  /** Whatever a cell that could not be played to its end has left broken. */
  async mendAll(): Promise<void> {
    const { lab, product } = this;
    for (const host of [lab.a, lab.b]) product.on(host).link.heal();
    if (!product.temporal.isAlive()) await product.temporal.startAgain();
    if (!product.orchestrator.isAlive()) await product.orchestrator.start();
    for (const host of [lab.a, lab.b]) {
      const { agent } = product.on(host);
      if (await agent.isAlive()) await agent.thaw();
      else await agent.start();
      await this.strip(host);
    }
    await this.allReady();
    await this.makeAnew();
  }

  /** After a cell that left the guest harmed, or two of it, or none. */
  async makeAnew(): Promise<void> {
    const { lab, guest, migrations } = this;
    await migrations
      .of(guest.uuid)
      .terminate('the cell is over')
      .catch(() => undefined);
    await Promise.all([this.strip(lab.a), this.strip(lab.b)]);
    await cleanHosts(lab.hosts);
    await startGuest(lab.a, guest);
  }

  /** Hosts on which the guest counts on from now. Waits for the first; `none` at once if there is no QEMU of it. */
  async whereItCounts(): Promise<LabHost[]> {
    const since = Date.now();
    const counting = (): LabHost[] => [this.lab.a, this.lab.b].filter((host) => this.countsOn(host, since));
    const settled = (): boolean => counting().length > 0 || this.noProcess(since);
    await waitUntil('the guest to count', settled, { timeoutMs: COUNTS_WITHIN_MS }).catch(() => undefined);
    // A second copy may be a moment behind.
    const end = Date.now() + 3_000;
    await waitUntil('time for a second copy', () => Date.now() > end, { timeoutMs: 10_000 });
    return counting();
  }

  countsOn(host: LabHost, since: number): boolean {
    return (
      runs(
        this.sampler(host)
          .taken()
          .filter(({ atMs }) => atMs > since),
      ).length > 0
    );
  }

  /**
   * Both daemons answer, both agents and the orchestrator are ready. A daemon that has gone by itself is started, as a host's
   * service manager would (seen: one went when the QEMU that it had just started was killed).
   */
  async allReady(): Promise<void> {
    const { lab, product } = this;
    await Promise.all([startLibvirtd(lab.a), startLibvirtd(lab.b)]);
    await Promise.all([
      product.orchestrator.ready(),
      ...[lab.a, lab.b].flatMap((host) => [product.on(host).agent.ready(), libvirtAnswers(host)]),
    ]);
  }

  private noProcess(since: number): boolean {
    return [this.lab.a, this.lab.b].every((host) => {
      const recent = this.sampler(host)
        .taken()
        .filter(({ atMs }) => atMs > since);
      return recent.length > 3 && recent.every(({ processes }) => processes === 0);
    });
  }

  private async whereItRuns(): Promise<LabHost | undefined> {
    const { lab, guest } = this;
    const found = await whereDefined(lab.hosts, guest.uuid);
    const [name, ...more] = Object.keys(found);
    if (name === undefined || more.length > 0 || found[name] !== 'running') return undefined;
    return [lab.a, lab.b].find((host) => host.name === name);
  }

  /** The daemon runs and answers, the link is up, and no QEMU is left that the daemon may not know of. */
  private async strip(host: LabHost): Promise<void> {
    await host.ssh('kill -CONT $(pidof libvirtd) 2>/dev/null; ip link set eth1 up');
    await startLibvirtd(host);
    await libvirtAnswers(host);
    await host.ssh('for pid in $(pidof qemu-system-x86_64); do kill -KILL $pid; done; true');
  }
}

async function libvirtAnswers(host: LabHost): Promise<void> {
  await waitUntil(`libvirt of ${host.name}`, async () => (await host.tryVirsh('list', '--all')).code === 0, {
    timeoutMs: 60_000,
    everyMs: 300,
  });
}

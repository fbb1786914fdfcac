/** Two simulated hosts with their agents, used for one schedule after another; each begins on a new fleet. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { encode } from '../../src/claims/record';
import type { FaultPhase, FleetStore } from '../../src/hypervisor/simulated';
import {
  FleetControl,
  type FleetState,
  RealClock,
  SAMPLE_GPU,
  SAMPLE_TYPE,
  SAMPLE_VERSIONS,
  createSimulatedHypervisor,
  emptyFleet,
  sampleGpu,
} from '../../src/hypervisor/simulated';
import { addHost, startGuest } from '../../src/hypervisor/simulated/control';
import { pause } from '../../src/hypervisor/simulated/domains';
import type { DomainState, MigrationJob } from '../../src/hypervisor/simulated/state';
import { AgentProcess, type AgentWatch } from './agent-process';
import type { Side } from './faults';
import type { Schedule } from './schedule';
import { TcpLink } from './tcp-link';

export const SECRET = 'h4rbour-at-n1ght';
const MEMORY_MIB = 1024;

/** Beside 1 GiB of memory it never converges by itself. */
const BUSY = { dirtyBytesPerSec: 2 ** 32, workingSetBytes: 2 ** 29 };
const QUIET = { dirtyBytesPerSec: 2 ** 20, workingSetBytes: 2 ** 26 };

export interface LaneWatch {
  agent(side: Side): AgentWatch;
  job(phase: FaultPhase): void;
}

export interface LaneTemporal {
  address: string;
  up(): Promise<void>;
}

/** What was there before the migration. */
export interface Before {
  guest: string;
  domain: DomainState;
  pausedByUser: boolean;
  sourceMdevs: string[];
  spare: string[];
}

export class Lane {
  readonly hosts: Record<Side, string>;
  readonly clock = new RealClock();
  readonly store = new LaneStore();
  readonly fleet = new FleetControl({ store: this.store, clock: this.clock });
  readonly agents: Record<Side, AgentProcess>;
  readonly links: Record<Side, TcpLink>;
  /** Of the schedule that runs now. */
  watch: LaneWatch | undefined;

  private constructor(
    name: string,
    private readonly folder: string,
    links: Record<Side, TcpLink>,
    private readonly temporal: LaneTemporal,
  ) {
    this.hosts = { source: `${name}-a`, destination: `${name}-b` };
    this.links = links;
    this.agents = { source: this.agent('source'), destination: this.agent('destination') };
    this.store.onJobStep = (phase) => this.watch?.job(phase);
  }

  static async open(name: string, folder: string, temporal: LaneTemporal): Promise<Lane> {
    const [source, destination] = await Promise.all([
      TcpLink.open(temporal.address),
      TcpLink.open(temporal.address),
    ]);
    const lane = new Lane(name, folder, { source, destination }, temporal);
    lane.store.replace(emptyFleet(lane.clock.now()));
    return lane;
  }

  /** A new fleet, empty ledgers, and the guest of the schedule running on the source. */
  async begin(schedule: Schedule): Promise<Before> {
    const fleet = this.newFleet(schedule);
    const { guest, mdevs } = startGuestOf(schedule, fleet, this.hosts.source);
    const domain = structuredClone(fleet.hosts[this.hosts.source]!.domains[0]!);
    this.store.replace(fleet);
    await Promise.all([this.wipe('source'), this.wipe('destination')]);
    if (schedule.sourceDevicesOurs) for (const mdev of mdevs) this.plantCreated(guest, mdev);
    await Promise.all([this.agents.source.start(), this.agents.destination.start()]);
    const { pausedByUser } = schedule.guest;
    return { guest, domain, pausedByUser, sourceMdevs: mdevs, spare: this.spareOf(fleet) };
  }

  ledgerFiles(side: Side, folder: 'claims' | 'created' | 'quarantine'): string[] {
    const prefix = `${join(this.stateDir(side), folder)}/`;
    return this.agents[side].disk
      .paths()
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
  }

  async close(): Promise<void> {
    for (const side of ['source', 'destination'] as const) {
      this.links[side].heal();
      await this.agents[side].stop();
      await this.links[side].close();
    }
  }

  private newFleet({ preCopyMs, finishMs, spare }: Schedule): FleetState {
    const fleet = emptyFleet(this.clock.now(), {
      prepareMs: 40,
      linkBytesPerSec: (MEMORY_MIB * 2 ** 20 * 1000) / preCopyMs,
      deviceStateMs: 10,
      finishMs,
      confirmMs: finishMs,
      keepaliveMs: 600,
      jobLockMs: 600,
    });
    for (const name of [this.hosts.source, this.hosts.destination])
      addHost(fleet, { name, versions: SAMPLE_VERSIONS, parents: { [SAMPLE_GPU]: sampleGpu() } });
    for (let i = 0; i < spare; i++)
      fleet.hosts[this.hosts.destination]!.mdevs.push({
        uuid: randomUUID(),
        type: SAMPLE_TYPE,
        parent: SAMPLE_GPU,
        active: true,
        persistent: true,
        autostart: true,
        resuming: false,
      });
    return fleet;
  }

  private spareOf(fleet: FleetState): string[] {
    return fleet.hosts[this.hosts.destination]!.mdevs.map(({ uuid }) => uuid);
  }

  private stateDir(side: Side): string {
    return join(this.folder, this.hosts[side]);
  }

  private async wipe(side: Side): Promise<void> {
    const { disk } = this.agents[side];
    for (const path of disk.paths()) await disk.remove(path);
    for (const folder of ['claims', 'created', 'quarantine'])
      await disk.sync(join(this.stateDir(side), folder));
    disk.calls.length = 0;
  }

  /** As if an earlier migration had brought the guest to its source. */
  private plantCreated(guest: string, target: string): void {
    const record = {
      version: 1 as const,
      claimId: randomUUID(),
      migration: { workflow: `live-migrate:${guest}`, run: randomUUID() },
      guest,
      type: SAMPLE_TYPE,
      parent: SAMPLE_GPU,
      source: randomUUID(),
      target,
      created: true,
      whenUnused: 'remove' as const,
      claimedAt: new Date().toISOString(),
    };
    const path = join(this.stateDir('source'), 'created', `${target}.json`);
    this.agents.source.disk.plant(path, encode(record));
  }

  private agent(side: Side): AgentProcess {
    const host = this.hosts[side];
    const peers = Object.fromEntries(
      Object.values(this.hosts).map((name) => [name, { libvirtUri: `sim://${name}/system` }]),
    );
    return new AgentProcess({
      config: {
        host,
        stateDir: this.stateDir(side),
        libvirtUri: `sim://${host}/system`,
        peers,
        maxMigrations: 2,
        profiles: {},
        requireTls: false,
        askQemu: false,
        reconcileEveryMinutes: 0,
      },
      link: this.links[side],
      namespace: 'default',
      temporalUp: () => this.temporal.up(),
      openHypervisor: () => createSimulatedHypervisor({ host, store: this.store, clock: this.clock }),
      watch: {
        call: async (call, moment) => this.watch?.agent(side).call(call, moment),
        disk: (call) => this.watch?.agent(side).disk(call),
        step: (activity, moment) => this.watch?.agent(side).step(activity, moment),
        disturb: (activity) => this.watch?.agent(side).disturb(activity) ?? {},
      },
    });
  }
}

function startGuestOf(
  { guest }: Schedule,
  fleet: FleetState,
  host: string,
): { guest: string; mdevs: string[] } {
  const { uuid, mdevs } = startGuest(fleet, {
    host,
    name: `guest-of-${host}`,
    mdevs: guest.mdevs,
    type: SAMPLE_TYPE,
    parent: SAMPLE_GPU,
    persistent: guest.persistent,
    autostart: guest.autostart,
    memoryMiB: MEMORY_MIB,
    vncPassword: SECRET,
    load: guest.busy ? BUSY : QUIET,
  });
  if (guest.pausedByUser) pause(fleet.hosts[host]!.domains[0]!, 'user');
  return { guest: uuid, mdevs };
}

/** A wrong that is over before anybody can look at the end of a run. */
export type Wrong = { at: number; what: string };

/** A fleet in memory that can be replaced, and that looks at each change as it happens. */
export class LaneStore implements FleetStore {
  onJobStep: (phase: FaultPhase) => void = () => undefined;
  onJobChange: (job: MigrationJob) => void = () => undefined;
  /** An operator has named the copy on this host as the one to end. */
  sentenced: string | undefined;
  readonly wrongs: Wrong[] = [];
  private fleet!: FleetState;
  private readonly listeners = new Set<() => void>();
  private jobStep = '';

  replace(fleet: FleetState): void {
    this.fleet = fleet;
    this.jobStep = '';
    this.sentenced = undefined;
    this.onJobChange = () => undefined;
    this.wrongs.length = 0;
  }

  async update<T>(change: (fleet: FleetState) => T): Promise<T> {
    const { fleet } = this;
    const before = fleet.revision;
    const running = runningDomains(fleet, this.sentenced);
    const result = change(fleet);
    if (fleet.revision === before) return result;
    for (const domain of running)
      if (domain.state === 'shut-off' && domain.reason === 'destroyed')
        this.wrongs.push({ at: fleet.now, what: 'a running copy was destroyed' });
    const job = fleet.jobs.at(-1);
    if (job) this.onJobChange(job);
    for (const listener of [...this.listeners]) listener();
    this.noticeJob(job);
    return result;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private noticeJob(job: MigrationJob | undefined): void {
    const step = job ? `${job.id} ${job.step}` : '';
    if (step === this.jobStep) return;
    this.jobStep = step;
    if (job && job.step !== 'ended') this.onJobStep(job.step === 'pre-copy' ? 'perform' : job.step);
  }
}

function runningDomains(fleet: FleetState, except: string | undefined): DomainState[] {
  return Object.values(fleet.hosts).flatMap(({ name, domains }) =>
    name === except ? [] : domains.filter(({ state }) => state === 'running'),
  );
}

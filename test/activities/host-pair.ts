/** Two simulated hosts with a real ledger each, and their activities: called as an agent calls them, without a server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Info } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { MigrationJobs, type ProgressReports, createHostActivities } from '../../activities';
import type { CallerCheck } from '../../activities/caller';
import { type Ledger, openLedger } from '../../src/claims';
import type { VgpuProfile } from '../../src/convergence';
import {
  type Claim,
  type ClaimInput,
  type HostActivities,
  type MigrateInput,
  type MigrateOutcome,
  type MigrationPolicy,
  type MigrationRef,
  type MigrationState,
  type SourceFacts,
  DEFAULT_POLICY,
  REQUIRED_AGENT_PROTOCOL,
  migrationWorkflowId,
} from '../../src/contract';
import type { PeerSettings } from '../../src/checks';
import { type Hypervisor, PLAIN_CHANNEL } from '../../src/hypervisor/port';
import {
  type FleetClock,
  FleetControl,
  type GuestLoad,
  MemoryStore,
  RealClock,
  SAMPLE_GPU,
  SAMPLE_TYPE,
  type StartGuest,
  type StartedGuest,
  type Timing,
  createSimulatedHypervisor,
  sampleFleet,
} from '../../src/hypervisor/simulated';

/** A migration that is not held up takes a third of a second. */
const QUICK: Partial<Timing> = {
  prepareMs: 5,
  linkBytesPerSec: 16 * 2 ** 30,
  deviceStateMs: 2,
  finishMs: 2,
  confirmMs: 2,
  keepaliveMs: 100,
  jobLockMs: 300,
};

/** Dirties memory faster than the link takes it: stays in pre-copy until something is done. */
export const NEVER_CONVERGES: GuestLoad = { dirtyBytesPerSec: 512 * 2 ** 30, workingSetBytes: 8 * 2 ** 30 };

/** As the workflow gives it. */
const CLAIM_TIMEOUT_MS = 120_000;

export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

export interface TestHost {
  /** Those that need an activity's context are called in one of their own. */
  readonly activities: HostActivities;
  /** The same as they are: see `attemptAt`. */
  readonly steps: HostActivities;
  /** The claim as an attempt that has only so long. */
  claimWithin(ms: number, input: ClaimInput): Promise<Claim>;
  readonly hypervisor: Hypervisor;
  readonly ledger: Ledger;
}

type HostName = 'host-a' | 'host-b';

export interface Prepared {
  facts: SourceFacts;
  claim: Claim;
  input: MigrateInput;
}

export class HostPair {
  private readonly folder = mkdtempSync(join(tmpdir(), 'activities-'));
  private readonly store: MemoryStore;
  readonly fleet: FleetControl;
  /** Everything that the agents have logged, as JSON. */
  readonly logged: string[] = [];
  /** Of the agents' configuration. */
  readonly profiles: Record<string, VgpuProfile> = {};
  readonly peers: Record<string, PeerSettings> = Object.fromEntries(
    ['host-a', 'host-b'].map((peer) => [
      peer,
      { libvirtUri: `sim+tcp://${peer}/system`, channel: PLAIN_CHANNEL },
    ]),
  );
  /** Of the agents that are started from now on. */
  requireTls = false;
  askQemu = false;
  /** What Temporal says of migrations; a test may say otherwise. */
  migrationState: (of: { workflow: string; run?: string }) => MigrationState = () => 'running';
  /** What Temporal says of an attempt that is about to change something; a test may say otherwise. */
  attemptIsCurrent: () => Promise<boolean> = () => Promise.resolve(true);
  /** Whether a step is its migration's own; a test may ask as an agent does. */
  isOwnStep: CallerCheck = () => true;
  a!: TestHost;
  b!: TestHost;
  /** Of the agents that are started from now on. */
  reports: ProgressReports | undefined;

  private constructor(private readonly clock: FleetClock) {
    this.store = new MemoryStore(sampleFleet(clock.now(), QUICK));
    this.fleet = new FleetControl({ store: this.store, clock });
  }

  static async make(clock: FleetClock = new RealClock()): Promise<HostPair> {
    const pair = new HostPair(clock);
    pair.a = await pair.startAgent('host-a');
    pair.b = await pair.startAgent('host-b');
    return pair;
  }

  /** The source's agent dies with its connection, and another one starts: what it had begun in libvirt goes on. */
  async restartSourceAgent(): Promise<void> {
    await this.a.hypervisor.close();
    this.a = await this.startAgent('host-a');
  }

  startGuest(guest: Partial<StartGuest>): Promise<StartedGuest> {
    const spec = { host: 'host-a', name: 'guest', mdevs: 1, type: SAMPLE_TYPE, parent: SAMPLE_GPU };
    return this.fleet.startGuest({ ...spec, ...guest });
  }

  /** A guest that stays in pre-copy until `letItConverge`. */
  async startBusyGuest(): Promise<string> {
    const { uuid: guest } = await this.startGuest({
      name: 'busy',
      memoryMiB: 16_384,
      load: NEVER_CONVERGES,
    });
    return guest;
  }

  letItConverge(guest: string): Promise<void> {
    return this.a.hypervisor.setMaxDowntime(guest, 60_000);
  }

  /** A free device on a host. */
  async addFreeMdev(host: TestHost, mdev: string, persistent = false): Promise<void> {
    await host.hypervisor.createMdev({ uuid: mdev, type: SAMPLE_TYPE, parent: SAMPLE_GPU, persistent });
  }

  /** Inspected and claimed: all that precedes the migrate step. */
  async prepare(guest: string, policy: Partial<MigrationPolicy> = {}): Promise<Prepared> {
    const migration = migrationOf(guest);
    const facts = await this.a.activities.inspectSource({ migration, destination: 'host-b' });
    const claim = await this.b.activities.claimOnDestination({
      migration,
      requests: facts.mdevs.map((mdev) => ({ source: mdev.uuid, type: mdev.type! })),
      persistent: facts.persistent,
      sourceFailed: facts.failed,
    });
    const { xmlDigest, persistent, pausedByUser } = facts;
    const input: MigrateInput = {
      migration,
      destination: 'host-b',
      policy: { ...DEFAULT_POLICY, ...policy },
      mdevs: claim.mdevs.map(({ source, target }) => ({ source, target })),
      xmlDigest,
      persistent,
      pausedByUser,
      attach: false,
    };
    return { facts, claim, input };
  }

  async mdevsOn(host: HostName): Promise<string[]> {
    return (await this.fleet.mdevs(host)).map((mdev) => mdev.uuid).sort();
  }

  async close(): Promise<void> {
    for (const host of [this.a, this.b]) await host.hypervisor.close();
    rmSync(this.folder, { recursive: true });
  }

  stateDir(host: HostName): string {
    return join(this.folder, host);
  }

  private async startAgent(host: HostName): Promise<TestHost> {
    const hypervisor = createSimulatedHypervisor({ host, store: this.store, clock: this.clock });
    const ledger = await openLedger(this.stateDir(host), {
      host,
      onDamage: ({ reason }) => {
        throw new Error(`unexpected damage: ${reason}`);
      },
    });
    const note = (fields: object, message: string): void =>
      void this.logged.push(JSON.stringify({ ...fields, message }));
    const activities = createHostActivities({
      host,
      hypervisor,
      ledger,
      peer: (peer) => this.peers[peer],
      requireTls: this.requireTls,
      askQemu: this.askQemu,
      profiles: this.profiles,
      ...(this.reports ? { reports: this.reports } : {}),
      jobs: new MigrationJobs(),
      attemptIsCurrent: () => this.attemptIsCurrent(),
      searchable: () => Promise.resolve(false),
      isOwnStep: (migration) => this.isOwnStep(migration),
      migrations: { stateOf: (of) => Promise.resolve(this.migrationState(of)) },
      log: { info: note, warn: note },
    });
    // the migrate step's environment is made by `attempt`
    const claimWithin = (ms: number, input: ClaimInput): Promise<Claim> =>
      environment({ startToCloseTimeoutMs: ms }).run(activities.claimOnDestination, input);
    const inContext: Partial<HostActivities> = {
      claimOnDestination: (input) => claimWithin(CLAIM_TIMEOUT_MS, input),
      finalizeOnDestination: (input) => environment().run(activities.finalizeOnDestination, input),
      releaseClaim: (input) => environment().run(activities.releaseClaim, input),
      cleanUpSource: (input) => environment().run(activities.cleanUpSource, input),
    };
    return {
      activities: { ...activities, ...inContext },
      steps: activities,
      claimWithin,
      hypervisor,
      ledger,
    };
  }
}

function environment(info: Partial<Info> = {}): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
}

export function migrationOf(guest: string, run = 'run-1'): MigrationRef {
  return {
    workflow: migrationWorkflowId(guest),
    run,
    guest,
    requiredProtocol: REQUIRED_AGENT_PROTOCOL,
  };
}

export interface Attempt<T> {
  env: MockActivityEnvironment;
  end: Promise<T>;
}

/** Starts the migrate step as one attempt of its activity; `env` interrupts it and hears its heartbeats. */
export function attempt(
  host: TestHost,
  input: MigrateInput,
  info: Partial<Info> = {},
): Attempt<MigrateOutcome> {
  return attemptAt(() => host.steps.migrateGuest(input), info);
}

/** The same for any step that needs an activity's context. */
export function attemptAt<T>(step: () => Promise<T>, info: Partial<Info> = {}): Attempt<T> {
  const env = environment(info);
  const end = env.run<[], T, () => Promise<T>>(step);
  end.catch(() => undefined); // whoever looks at the end sees the failure
  return { env, end };
}

/** The typed failure that a step ends with. */
export async function failureOf(step: Promise<unknown>): Promise<ApplicationFailure> {
  const error: unknown = await step.then(
    () => {
      throw new Error('the step succeeded');
    },
    (caught: unknown) => caught,
  );
  if (error instanceof ApplicationFailure) return error;
  throw error;
}

/** Settles with the `count`th heartbeat from now on. */
export async function heartbeats(env: MockActivityEnvironment, count: number): Promise<void> {
  for (let heard = 0; heard < count; heard++) await new Promise((resolve) => env.once('heartbeat', resolve));
}

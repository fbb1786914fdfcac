/** The whole product on a simulated fleet and a real Temporal server, in one process, for tests. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter, WorkerDeploymentVersion } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, type WorkerInterceptors } from '@temporalio/worker';
import pino from 'pino';
import type { AgentConfig } from '../../src/agent/config';
import { type RunningAgent, startAgentFromConfig } from '../../src/agent/start';
import type { Disk } from '../../src/claims';
import type { MigrationInput, SearchAttribute } from '../../src/contract';
import {
  SAMPLE_GPU,
  SAMPLE_TYPE,
  FleetControl,
  MemoryStore,
  RealClock,
  type Timing,
  createSimulatedHypervisor,
  sampleFleet,
} from '../../src/hypervisor/simulated';
import { createOrchestrator } from '../../src/orchestrator/orchestrator';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../src/temporal/embedded';
import { type MigrationHandle, startMigration } from '../../src/temporal/migrations';
import type { Tracing } from '../../src/tracing';
import { previousWorkflowBundle, workflowBundle } from './workflow-bundle';

const NAMESPACE = 'default';

/** Short enough for a test, long enough that a fault can be put between any two steps. */
const QUICK: Partial<Timing> = {
  prepareMs: 50,
  linkBytesPerSec: 12 * 2 ** 30,
  deviceStateMs: 20,
  finishMs: 20,
  confirmMs: 20,
  keepaliveMs: 1_000,
};

interface FerryOptions {
  /** By default plain. */
  dataConverter?: DataConverter | undefined;
  log?: pino.Logger;
}

export class Ferry {
  private readonly closers: (() => Promise<unknown>)[] = [];
  private readonly store: MemoryStore;
  private readonly agents = new Map<string, RunningAgent>();
  private readonly orchestrators: (() => Promise<void>)[] = [];
  readonly fleet: FleetControl;
  /** Of the agents that are started from now on. */
  settings: Partial<Pick<AgentConfig, 'peers' | 'requireTls'>> = {};
  /** Of the ledgers of the agents that are started from now on; default: the machine's own. */
  disk: Disk | undefined;
  client!: Client;
  private clientConnection!: Connection;
  connection!: NativeConnection;
  /** Of the server, for TEMPORAL_ADDRESS. */
  address!: string;
  private folder!: string;

  private constructor(
    private readonly clock: RealClock,
    timing: Partial<Timing>,
    /** Of the client, and of agents and orchestrators that are started from now on. */
    public dataConverter: DataConverter,
    private readonly log: pino.Logger,
  ) {
    this.store = new MemoryStore(sampleFleet(clock.now(), { ...QUICK, ...timing }));
    this.fleet = new FleetControl({ store: this.store, clock });
  }

  static async start(
    temporal: EmbeddedTemporal,
    timing: Partial<Timing> = {},
    {
      dataConverter = {},
      log = pino({ level: process.env.VGPU_FERRY_LOG_LEVEL ?? 'silent' }),
    }: FerryOptions = {},
  ): Promise<Ferry> {
    const ferry = new Ferry(new RealClock(), timing, dataConverter, log);
    await ferry.open(temporal);
    return ferry;
  }

  hypervisor(host: string): ReturnType<typeof createSimulatedHypervisor> {
    return createSimulatedHypervisor({ host, store: this.store, clock: this.clock });
  }

  /** Without a schedule of sweeps, unless a test is about it. */
  async startAgent(
    host: string,
    reconcileEveryMinutes = 0,
    interceptors?: WorkerInterceptors,
  ): Promise<void> {
    const peers = {
      'host-a': { libvirtUri: 'sim://host-a/system' },
      'host-b': { libvirtUri: 'sim://host-b/system' },
    };
    const config = {
      host,
      stateDir: this.stateDir(host),
      libvirtUri: `sim://${host}/system`,
      peers,
      maxMigrations: 2,
      profiles: {},
      requireTls: false,
      reconcileEveryMinutes,
      askQemu: false,
      ...this.settings,
    };
    const { log } = this;
    this.agents.set(
      host,
      await startAgentFromConfig({
        config,
        connection: this.connection,
        namespace: NAMESPACE,
        dataConverter: this.dataConverter,
        log,
        hypervisor: this.hypervisor(host),
        ...(interceptors && { interceptors }),
        ...(this.disk && { disk: this.disk }),
      }),
    );
  }

  async stopAgent(host: string): Promise<void> {
    const agent = this.agents.get(host);
    this.agents.delete(host);
    agent?.shutdown();
    await agent?.done;
    await agent?.close();
  }

  /** `previous`: with the workflows of the version before this one. `tracing`: with those that are traced. */
  async startOrchestrator(
    version: 'current' | 'previous' = 'current',
    tracing?: Pick<Tracing, 'sinks'>,
  ): Promise<void> {
    (await this.prepareOrchestrator(version, tracing))();
  }

  /** One that does nothing before it is told to begin, which costs no time then. */
  async prepareOrchestrator(
    version: 'current' | 'previous' = 'current',
    tracing?: Pick<Tracing, 'sinks'>,
    deployment?: WorkerDeploymentVersion,
  ): Promise<() => void> {
    const orchestrator = await createOrchestrator({
      connection: this.connection,
      namespace: NAMESPACE,
      dataConverter: this.dataConverter,
      workflowBundle:
        version === 'current' ? await workflowBundle(tracing ? 'traced' : 'real') : previousWorkflowBundle(),
      ...{ tracing, deployment },
    });
    return () => {
      const run = orchestrator.run();
      this.orchestrators.push(async () => {
        orchestrator.shutdown();
        await run;
      });
    };
  }

  async stopOrchestrators(): Promise<void> {
    for (const stop of this.orchestrators.splice(0)) await stop();
  }

  clientWith(dataConverter: DataConverter): Client {
    return new Client({ connection: this.clientConnection, namespace: NAMESPACE, dataConverter });
  }

  migrate(input: Partial<MigrationInput> & { guest: string }): Promise<MigrationHandle> {
    return startMigration(this.client, { source: 'host-a', destination: 'host-b', ...input });
  }

  /** On host-a. Writes faster than the link takes it: stays in pre-copy until something is done. */
  async busyGuest(): Promise<string> {
    const uuid = randomUUID();
    await this.fleet.startGuest({
      ...{ host: 'host-a', uuid, name: `busy-${uuid.slice(0, 8)}`, mdevs: 1 },
      ...{ type: SAMPLE_TYPE, parent: SAMPLE_GPU, memoryMiB: 16_384 },
      load: { dirtyBytesPerSec: 64 * 2 ** 30, workingSetBytes: 8 * 2 ** 30 },
    });
    return uuid;
  }

  /** A migration of a busy guest, in pre-copy: see `letItConverge`. */
  async endlessMigration(input: Partial<MigrationInput> = {}): Promise<[guest: string, MigrationHandle]> {
    const guest = await this.busyGuest();
    const handle = await this.migrate({ guest, ...input });
    await this.fleet.until((fleet) =>
      fleet.jobs.some((job) => job.guest === guest && job.step === 'pre-copy'),
    );
    return [guest, handle];
  }

  async letItConverge(guest: string): Promise<void> {
    const { jobs } = await this.fleet.snapshot();
    if (!jobs.some((job) => job.guest === guest && job.step === 'pre-copy'))
      throw new Error(`guest ${guest} is not in pre-copy`);
    await this.hypervisor('host-a').setMaxDowntime(guest, 60_000);
  }

  /** Records in one of the ledger's folders. */
  ledgerFiles(host: string, folder: 'claims' | 'created' | 'quarantine'): Promise<string[]> {
    return readdir(join(this.stateDir(host), folder));
  }

  ledgerFile(host: string, folder: 'claims' | 'created' | 'quarantine', name: string): string {
    return join(this.stateDir(host), folder, name);
  }

  async close(): Promise<void> {
    for (const host of [...this.agents.keys()]) await this.stopAgent(host);
    await this.stopOrchestrators();
    for (const close of this.closers.reverse()) await close();
  }

  /** Of a host's ledger. */
  stateDir(host: string): string {
    return join(this.folder, host);
  }

  private async open({ address }: EmbeddedTemporal): Promise<void> {
    this.address = address;
    this.folder = await mkdtemp(join(tmpdir(), 'vgpu-ferry-test-'));
    this.closers.push(() => rm(this.folder, { recursive: true, force: true }));
    const clientConnection = await Connection.connect({ address });
    this.closers.push(() => clientConnection.close());
    this.clientConnection = clientConnection;
    this.client = this.clientWith(this.dataConverter);
    this.connection = await NativeConnection.connect({ address });
    this.closers.push(() => this.connection.close());
    await this.startOrchestrator();
    for (const host of ['host-a', 'host-b']) await this.startAgent(host);
  }
}

interface TestServerOptions {
  metricsAddress?: string;
  /** Of the namespace; default: all that migrations carry. */
  searchAttributes?: readonly SearchAttribute[];
}

/** A server for one test file. */
export function startTestServer({
  metricsAddress,
  ...options
}: TestServerOptions = {}): Promise<EmbeddedTemporal> {
  quietTemporal(metricsAddress);
  return startEmbeddedTemporal({ ended: console.error, ...options });
}

/** Once in a process: Temporal's own log only if something goes wrong. */
export function quietTemporal(metricsAddress?: string): void {
  Runtime.install({
    shutdownSignals: [], // Ctrl-C ends the whole process, not its workers one by one
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: {
      logging: { forward: {}, filter: { core: 'ERROR', other: 'ERROR' } },
      ...(metricsAddress !== undefined && { metrics: { prometheus: { bindAddress: metricsAddress } } }),
    },
  });
}

/** One server for the file that calls it, and a ferry of its own for each of its tests. */
export function useFerry(
  take: (ferry: Ferry) => void,
  { dataConverter, ...options }: TestServerOptions & { dataConverter?: DataConverter } = {},
): void {
  let temporal: EmbeddedTemporal;
  let ferry: Ferry;
  beforeAll(async () => {
    temporal = await startTestServer(options);
  }, 300_000);
  afterAll(() => temporal.stop());
  beforeEach(async () => {
    ferry = await Ferry.start(temporal, {}, { dataConverter });
    take(ferry);
  });
  afterEach(() => ferry.close());
}

/** A ferry whose Temporal server, hosts and ledgers can be lost; what docs/operations.md says is done to it. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SAMPLE_GPU, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { createOrchestrator } from '../../src/orchestrator/orchestrator';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../src/temporal/embedded';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { Ferry, quietTemporal } from '../support/ferry';
import { workflowBundle } from '../support/workflow-bundle';

/** With autostart, which only the workflow sets again on the destination. */
export const GUEST = '11111111-2222-4333-8444-555555555555';

/** Folders of the databases, below the test's own. */
type Database = 'first' | 'other' | 'backup';

export class Operations {
  private database: Database = 'first';
  private stopOrchestrators: () => Promise<void> = async () => undefined;

  private constructor(
    private readonly folder: string,
    private temporal: EmbeddedTemporal,
    readonly ferry: Ferry,
  ) {}

  static async start(): Promise<Operations> {
    const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-operations-'));
    const temporal = await startEmbeddedTemporal({ dbFile: databaseFile(folder, 'first') });
    const operations = new Operations(folder, temporal, await Ferry.start(temporal));
    await operations.ferry.stopOrchestrators();
    await operations.startOrchestrator();
    return operations;
  }

  /** Its waits for hosts and people are a tenth of the product's. */
  async startOrchestrator(): Promise<void> {
    const { connection } = this.ferry;
    const bundle = await workflowBundle('quick');
    const worker = await createOrchestrator({ connection, namespace: 'default', workflowBundle: bundle });
    const run = worker.run();
    this.stopOrchestrators = async () => {
      worker.shutdown();
      await run;
    };
  }

  async stopOrchestrator(): Promise<void> {
    await this.stopOrchestrators();
    this.stopOrchestrators = async () => undefined;
  }

  /** A migration from host-a to host-b that stays in pre-copy until `complete`. */
  async migrate(): Promise<MigrationHandle> {
    await this.ferry.fleet.startGuest({
      ...{ host: 'host-a', uuid: GUEST, name: 'desk', autostart: true, memoryMiB: 16_384 },
      ...{ mdevs: 1, type: SAMPLE_TYPE, parent: SAMPLE_GPU },
      load: { dirtyBytesPerSec: 64 * 2 ** 30, workingSetBytes: 8 * 2 ** 30 },
    });
    const handle = await this.ferry.migrate({ guest: GUEST });
    await this.untilMoving('host-a');
    return handle;
  }

  /** Lets the job come to its end, on its own. */
  async complete(source = 'host-a'): Promise<void> {
    const { fleet } = this.ferry;
    await this.untilMoving(source);
    await this.ferry.hypervisor(source).setMaxDowntime(GUEST, 60_000);
    await fleet.until(({ jobs }) => jobs.every(({ guest, step }) => guest !== GUEST || step === 'ended'));
  }

  loseTemporal(): Promise<void> {
    process.kill(this.temporal.pid, 'SIGKILL');
    return this.temporal.stop();
  }

  /** At the same address. */
  async startTemporal(database: Database): Promise<void> {
    this.database = database;
    const port = Number(this.temporal.address.split(':')[1]);
    this.temporal = await startEmbeddedTemporal({ dbFile: databaseFile(this.folder, database), port });
  }

  /** Of a server that is down. */
  backUpTemporal(): void {
    cpSync(join(this.folder, this.database), join(this.folder, 'backup'), { recursive: true });
  }

  /** Agent, libvirtd and QEMU at once. */
  async loseHost(host: string): Promise<void> {
    await this.ferry.stopAgent(host);
    await this.ferry.fleet.killLibvirtd(host);
    await this.ferry.fleet.killQemu(host, GUEST);
  }

  async hostIsBack(host: string): Promise<void> {
    await this.ferry.fleet.startLibvirtd(host);
    await this.ferry.startAgent(host);
  }

  /** What is claimed, and what is noted as made by us. */
  async ledger(host: string): Promise<{ claims: number; created: number }> {
    const count = async (folder: 'claims' | 'created'): Promise<number> =>
      (await this.ferry.ledgerFiles(host, folder)).length;
    return { claims: await count('claims'), created: await count('created') };
  }

  async mdevs(host: string): Promise<number> {
    return (await this.ferry.fleet.mdevs(host)).length;
  }

  async close(): Promise<void> {
    await this.stopOrchestrator();
    await this.ferry.close();
    await this.temporal.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private untilMoving(source: string): Promise<void> {
    return this.ferry.fleet.until(({ jobs }) =>
      jobs.some((job) => job.guest === GUEST && job.source === source && job.step === 'pre-copy'),
    );
  }
}

function databaseFile(folder: string, database: Database): string {
  const place = join(folder, database);
  mkdirSync(place, { recursive: true });
  return join(place, 'temporal.db');
}

/** A server, hosts and ledgers of its own for each test. */
export function useOperations(take: (operations: Operations) => void): void {
  let operations: Operations;
  beforeAll(() => quietTemporal());
  beforeEach(async () => {
    operations = await Operations.start();
    take(operations);
  }, 120_000);
  afterEach(() => operations.close(), 60_000);
}

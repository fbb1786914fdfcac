/** The lab's Temporal server: its database and its port survive a kill, so that it can be started again as the same one. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../src/temporal/embedded';
import { isAlive } from './processes';
import { waitUntil } from './wait';

export class LabTemporal {
  private constructor(
    private readonly dbFile: string,
    private server: EmbeddedTemporal,
  ) {}

  static async start({ folder }: { folder: string }): Promise<LabTemporal> {
    const dbFile = join(folder, `temporal-${process.pid}.db`);
    return new LabTemporal(dbFile, await startEmbeddedTemporal({ dbFile }));
  }

  get address(): string {
    return this.server.address;
  }

  get uiUrl(): string {
    return this.server.uiUrl;
  }

  get port(): number {
    return portOf(this.address);
  }

  isAlive(): boolean {
    return isAlive(this.server.pid);
  }

  async kill(): Promise<void> {
    process.kill(this.server.pid, 'SIGKILL');
    await waitUntil('the Temporal server to be gone', () => !isAlive(this.server.pid), {
      timeoutMs: 10_000,
      everyMs: 10,
    });
    await this.server.stop();
  }

  async startAgain(): Promise<void> {
    const { dbFile, port } = this;
    this.server = await startEmbeddedTemporal({ dbFile, port, uiPort: portOf(this.uiUrl) });
  }

  async stop(): Promise<void> {
    await this.server.stop();
    for (const file of ['', '-wal', '-shm']) await rm(this.dbFile + file, { force: true });
  }

  stopNow(): void {
    if (isAlive(this.server.pid)) process.kill(this.server.pid, 'SIGKILL');
  }
}

function portOf(address: string): number {
  return Number(address.split(':').at(-1));
}

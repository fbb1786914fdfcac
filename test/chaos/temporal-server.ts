/** The Temporal server of a chaos run: killed as the system would kill it, and started again where it was. */
import { join } from 'node:path';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../src/temporal/embedded';

/** All schedules share it: a few times a run. */
const BETWEEN_KILLS_MS = 25_000;

export class TemporalServer {
  private lastKill = 0;
  private running: Promise<unknown> = Promise.resolve();
  private readonly listeners = new Set<() => void>();
  private fail!: (error: unknown) => void;
  private readonly failure = new Promise<never>((_, reject) => (this.fail = reject));

  private constructor(
    private server: EmbeddedTemporal,
    private readonly dbFile: string,
  ) {
    this.failure.catch(() => undefined);
  }

  static async start(folder: string): Promise<TemporalServer> {
    const dbFile = join(folder, 'temporal.db');
    return new TemporalServer(await startEmbeddedTemporal({ dbFile }), dbFile);
  }

  get address(): string {
    return this.server.address;
  }

  /** False if it was killed just now. */
  kill(backAfterMs: number): boolean {
    if (Date.now() - this.lastKill < BETWEEN_KILLS_MS) return false;
    this.lastKill = Date.now();
    process.kill(this.server.pid, 'SIGKILL');
    this.running = this.startAgain(backAfterMs).catch(this.fail);
    for (const listener of [...this.listeners]) listener();
    return true;
  }

  onKilled(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Settles when it answers; at once if it has not been killed. */
  async up(): Promise<void> {
    await this.running;
  }

  async failed(): Promise<never> {
    return this.failure;
  }

  async stop(): Promise<void> {
    await this.running;
    await this.server.stop();
  }

  private async startAgain(backAfterMs: number): Promise<void> {
    const port = Number(this.address.split(':')[1]);
    await this.server.stop(); // nothing but its folder is left
    await new Promise((resolve) => setTimeout(resolve, backAfterMs));
    this.server = await startEmbeddedTemporal({ dbFile: this.dbFile, port });
  }
}

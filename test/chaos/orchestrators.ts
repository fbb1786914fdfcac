/** The orchestrators of a chaos run: processes of their own, so that one can be killed as the system would kill it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { workflowBundle } from '../support/workflow-bundle';

const REGISTER_TS = join(__dirname, '..', 'support', 'register-ts.js');
const PROGRAM = join(__dirname, 'orchestrator-process.ts');

/** Two: while one is away the other goes on, and finds in its cache nothing of the first's. */
const COUNT = 2;

/** So few that most steps replay their workflow from its history. */
const CACHED_WORKFLOWS = 6;

/** All schedules share them, and each start costs seconds of a processor. */
const START_ATTEMPTS = 5;
const BETWEEN_KILLS_MS = 8_000;

export class Orchestrators {
  private readonly running: ChildProcess[] = [];
  private lastKill = 0;
  private starting: Promise<void> = Promise.resolve();
  private stopped = false;
  private fail!: (error: unknown) => void;
  private readonly failure = new Promise<never>((_, reject) => (this.fail = reject));

  private constructor(private readonly args: string[]) {
    this.failure.catch(() => undefined);
  }

  static async start(address: string): Promise<Orchestrators> {
    const { codePath } = await workflowBundle('quick');
    const orchestrators = new Orchestrators([address, codePath, String(CACHED_WORKFLOWS)]);
    await Promise.all(Array.from({ length: COUNT }, () => orchestrators.startOne()));
    return orchestrators;
  }

  /** kill -9, and another one in its place. False if one was killed just now, or is not back yet. */
  killOne(): boolean {
    if (Date.now() - this.lastKill < BETWEEN_KILLS_MS || this.running.length < COUNT) return false;
    this.lastKill = Date.now();
    this.running.shift()?.kill('SIGKILL');
    this.starting = this.replace();
    return true;
  }

  /** Rejects when one can't be had any more: without them every run would seem to hang. */
  async failed(): Promise<never> {
    return this.failure;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.starting;
    await Promise.all(this.running.splice(0).map((child) => ended(child)));
  }

  /** A loaded machine may not let it connect in time. */
  private async replace(): Promise<void> {
    for (let attempt = 1; !this.stopped; attempt++) {
      try {
        return await this.startOne();
      } catch (error) {
        if (attempt === START_ATTEMPTS) return this.fail(error);
      }
    }
  }

  private async startOne(): Promise<void> {
    const child = spawn(process.execPath, ['-r', REGISTER_TS, PROGRAM, ...this.args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (text) => (said = `${said}${String(text)}`.slice(-2_000)));
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(() => {
        throw new Error(`an orchestrator ended before it was ready: ${said}`);
      }),
    ]);
    if (this.stopped) await ended(child);
    else this.running.push(child);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** The orchestrators of a chaos run: processes of their own, so that one can be killed as the system would kill it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { workflowBundle } from '../support/workflow-bundle';
import type { TemporalServer } from './temporal-server';

const REGISTER_TS = join(__dirname, '..', 'support', 'register-ts.js');
const PROGRAM = join(__dirname, 'orchestrator-process.ts');

/** Two: while one is away the other goes on. */
const COUNT = 2;

/** All schedules share them, and each start costs seconds of a processor. */
const START_ATTEMPTS = 5;
const BETWEEN_KILLS_MS = 8_000;

/** In all schedules together. */
const OWN_ENDS_AT_MOST = 5;

export class Orchestrators {
  private readonly running: ChildProcess[] = [];
  private lastKill = 0;
  private ownEnds = 0;
  private starting: Promise<void> = Promise.resolve();
  private stopped = false;
  private fail!: (error: unknown) => void;
  private readonly failure = new Promise<never>((_, reject) => (this.fail = reject));

  private constructor(
    private readonly temporal: TemporalServer,
    private readonly codePath: string,
  ) {
    this.failure.catch(() => undefined);
  }

  static async start(temporal: TemporalServer): Promise<Orchestrators> {
    const { codePath } = await workflowBundle('quick');
    const orchestrators = new Orchestrators(temporal, codePath);
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

  /** A loaded machine may not let it connect in time, and Temporal may be killed meanwhile. */
  private async replace(): Promise<void> {
    for (let attempt = 1; !this.stopped; attempt++) {
      await this.temporal.up();
      try {
        return await this.startOne();
      } catch (error) {
        if (attempt === START_ATTEMPTS) return this.fail(error);
      }
    }
  }

  private async startOne(): Promise<void> {
    const args = [this.temporal.address, this.codePath];
    const child = spawn(process.execPath, ['-r', REGISTER_TS, PROGRAM, ...args], {
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
    if (this.stopped) return ended(child);
    this.running.push(child);
    const gone = (): void => this.endedByItself(child, said);
    if (hasEnded(child)) gone();
    else child.once('exit', gone);
  }

  /** One may end when Temporal is killed under its start; a service manager then starts another. */
  private endedByItself(child: ChildProcess, said: string): void {
    const i = this.running.indexOf(child);
    if (i < 0) return; // it was killed
    this.running.splice(i, 1);
    if (++this.ownEnds > OWN_ENDS_AT_MOST)
      return this.fail(new Error(`orchestrators end by themselves; the last one said: ${said}`));
    this.starting = this.starting.then(() => this.replace());
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function ended(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

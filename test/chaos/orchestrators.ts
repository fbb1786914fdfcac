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
const BETWEEN_KILLS_MS = 8_000;

export class Orchestrators {
  private readonly running: ChildProcess[] = [];
  private lastKill = 0;
  private starting: Promise<void> = Promise.resolve();
  private stopped = false;

  private constructor(private readonly args: string[]) {}

  static async start(address: string): Promise<Orchestrators> {
    const { codePath } = await workflowBundle('quick');
    const orchestrators = new Orchestrators([address, codePath, String(CACHED_WORKFLOWS)]);
    await Promise.all(Array.from({ length: COUNT }, () => orchestrators.startOne()));
    return orchestrators;
  }

  /** kill -9, and another one in its place. False if one was killed just now. */
  killOne(): boolean {
    if (Date.now() - this.lastKill < BETWEEN_KILLS_MS) return false;
    const victim = this.running.shift();
    if (!victim) return false;
    this.lastKill = Date.now();
    victim.kill('SIGKILL');
    this.starting = this.startOne();
    this.starting.catch(() => undefined); // no other comes then, and runs that wait for one say so
    return true;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.starting.catch(() => undefined);
    await Promise.all(this.running.splice(0).map((child) => ended(child)));
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

/** The product's programs as they are shipped (dist/), each in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { unitEnvironment } from '../../lab/src/unit-environment';
import { ROOT } from '../harness/machine';

const PROGRAM = join(ROOT, 'dist', 'src', 'cli', 'main.js');

export interface Program {
  readonly pid: number;
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface StartOptions {
  args: string[];
  address: string;
  /** Part of a line that says that it is ready. */
  ready: string;
  nodeOptions?: string[];
  env?: Record<string, string>;
}

export async function startFerry({
  args,
  address,
  ready,
  nodeOptions = [],
  env: more,
}: StartOptions): Promise<Program> {
  const env = { ...process.env, ...more, TEMPORAL_ADDRESS: address };
  const child = spawn(process.execPath, [...nodeOptions, PROGRAM, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  endWithUs(child);
  await untilLine(child, ready);
  return {
    pid: child.pid!,
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  };
}

export const startOrchestrator = (address: string, nodeOptions: string[] = []): Promise<Program> =>
  startFerry({ args: ['orchestrator'], address, ready: '"orchestrator ready"', nodeOptions });

export const startAgent = (address: string, config: string): Promise<Program> =>
  startFerry({
    ...{ args: ['agent', '--config', config], address, ready: '"agent ready"' },
    env: unitEnvironment(),
  });

/** Goes on reading afterwards: a pipe that nobody reads would stop the program. */
function untilLine(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => line.includes(text) && resolve());
    child.once('exit', (code, signal) =>
      reject(new Error(`the program ended (${code ?? signal}) before it said ${text}`)),
    );
  });
}

export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** A stray worker on a queue would spoil every later measurement. Before folders are removed that it writes to. */
export function endWithUs(child: ChildProcess): void {
  const kill = (): void => void child.kill('SIGKILL');
  process.prependOnceListener('exit', kill);
  child.once('exit', () => process.off('exit', kill));
}

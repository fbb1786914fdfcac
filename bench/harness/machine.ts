/** What was measured, and on what. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { findTemporalCli } from '../../src/temporal/temporal-cli';

export const ROOT = join(__dirname, '..', '..');

export interface Machine {
  cpus: number;
  model: string;
  memoryGiB: number;
  kernel: string;
  /** Of the folder for temporary files, where ledgers and databases lie meanwhile. */
  fileSystem: string;
}

export function machine(): Machine {
  const cpus = os.cpus();
  return {
    cpus: cpus.length,
    model: (cpus[0]?.model ?? 'unknown').trim(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    fileSystem: output('stat', ['-f', '-c', '%T', os.tmpdir()]) ?? 'unknown',
  };
}

export async function versions(): Promise<Record<string, string>> {
  const cli = await findTemporalCli(process.env);
  const { version, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
    dependencies: Record<string, string>;
  };
  return {
    'vgpu-ferry': version,
    node: process.version,
    'Temporal SDK': dependencies['@temporalio/worker'] ?? 'unknown',
    'Temporal CLI and server': output(cli, ['--version']) ?? 'unknown',
  };
}

/** With a mark if the tree is not as it was committed. */
export function commit(): string {
  const hash = output('git', ['rev-parse', '--short=12', 'HEAD']);
  if (hash === undefined) return 'unknown';
  return output('git', ['status', '--porcelain', '--untracked-files=no']) === ''
    ? hash
    : `${hash} with changes`;
}

export const load = (): number => os.loadavg()[0] ?? NaN;

function output(program: string, args: string[]): string | undefined {
  try {
    return execFileSync(program, args, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

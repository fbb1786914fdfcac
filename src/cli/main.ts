#!/usr/bin/env node
/** The `vgpu-ferry` program. */
import { ConfigError } from '../agent/config';
import { MigrationError } from '../temporal/migrations';
import { UsageError } from './errors';
import { ExitCode } from './exit-codes';
import { createProgram } from './program';
import { sayAside } from './say';

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof ConfigError) return ExitCode.Usage;
  return error instanceof MigrationError ? ExitCode.FailedSafe : ExitCode.Unavailable;
}

async function main(): Promise<void> {
  try {
    await (await createProgram()).parseAsync();
  } catch (error) {
    sayAside(`vgpu-ferry: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = exitCodeOf(error);
  }
}

/** For who runs it in a process of his own. */
export const ended = main();

#!/usr/bin/env node
/** The `vgpu-ferry` program. */
import { ConfigError } from '../agent/config';
import { LedgerDiskError } from '../claims/errors';
import { CodecKeysError, unreadableIn } from '../temporal/codec';
import { inWords } from '../temporal/refusal';
import { MigrationError } from '../temporal/migrations';
import { UnwritableFileError, UsageError } from './errors';
import { ExitCode } from './exit-codes';
import { createProgram } from './program';
import { sayAside } from './say';

/** Of the command line, the configuration, or a file that one of them names. */
const USAGE = [UsageError, UnwritableFileError, ConfigError, CodecKeysError, LedgerDiskError];

function exitCodeOf(error: unknown): number {
  if (USAGE.some((kind) => error instanceof kind)) return ExitCode.Usage;
  return error instanceof MigrationError ? ExitCode.FailedSafe : ExitCode.Unavailable;
}

async function main(): Promise<void> {
  try {
    await (await createProgram()).parseAsync();
  } catch (caught) {
    const error = unreadableIn(caught) ?? caught;
    sayAside(`vgpu-ferry: ${inWords(error)}`);
    process.exitCode = exitCodeOf(error);
  }
}

/** For who runs it in a process of his own. */
export const ended = main();

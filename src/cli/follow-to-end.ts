/** Following a migration in the foreground: Ctrl-C lets go of it, its end becomes our exit status. */
import type { MigrationHandle } from '../temporal/migrations';
import { follow } from './follow';
import { type MigrationEnd, printJson } from './json';
import { type Outcome, outcomeOf } from './outcome';
import { arrival, failure, timeline } from './render';
import { say, sayAside } from './say';

/** 128 + SIGINT, as shells have it. */
const STOPPED_WATCHING = 130;

export interface FollowToEndOptions {
  json?: boolean;
  /** What Ctrl-C means; by default that the migration goes on without us. */
  farewell?: string;
}

export async function followToEnd(
  handle: MigrationHandle,
  guest: string,
  { json, farewell = goesOn(guest) }: FollowToEndOptions,
): Promise<void> {
  const letGo = (): void => {
    sayAside(`\n${farewell}`);
    process.exit(STOPPED_WATCHING);
  };
  process.once('SIGINT', letGo);
  try {
    const outcome = await outcomeOf(follow(handle, { quiet: json === true, out: process.stderr }));
    if (json) printJson('migrate', withoutExitCode(outcome));
    else say(describe(outcome));
    process.exitCode = outcome.exitCode;
  } finally {
    process.off('SIGINT', letGo);
  }
}

function goesOn(guest: string): string {
  return `Stopped watching; the migration goes on.\n  follow: vgpu-ferry watch ${guest}\n  abort:  vgpu-ferry abort ${guest}`;
}

function describe(outcome: Outcome): string {
  if (outcome.ok) return `${timeline(outcome.result)}\n\n${arrival(outcome.result)}`;
  return failure(outcome.error.type, outcome.error.message, outcome.error.failedChecks);
}

function withoutExitCode(outcome: Outcome): MigrationEnd {
  return outcome.ok ? { ok: true, result: outcome.result } : { ok: false, error: outcome.error };
}

/** Following a migration: a live line on a terminal, plain lines elsewhere, until it ends. */
import type { MigrationResult } from '../contract';
import { unreadableIn } from '../temporal/codec';
import type { MigrationHandle } from '../temporal/migrations';
import { snapshot } from '../temporal/snapshot';
import { progressLine } from './render';
import { printable } from './say';

const REFRESH_MS = 500;

export interface FollowOptions {
  /** Nothing is shown. */
  quiet: boolean;
  out: NodeJS.WriteStream;
}

/** Settles with the migration. */
export async function follow(
  handle: MigrationHandle,
  { quiet, out }: FollowOptions,
): Promise<MigrationResult> {
  const end = handle.result();
  end.catch(() => undefined); // reported by whoever awaits what we return
  if (!quiet)
    await showUntil(
      handle,
      out,
      end.then(
        () => undefined,
        () => undefined,
      ),
    );
  return end;
}

/** On one line, whatever an answer says. */
async function lineOf(handle: MigrationHandle): Promise<string> {
  const line = await snapshot(handle).then(progressLine, whileAway);
  return printable(line).replaceAll('\n', ' ');
}

async function showUntil(
  handle: MigrationHandle,
  out: NodeJS.WriteStream,
  ended: Promise<void>,
): Promise<void> {
  let last = '';
  for (let done = false; !done;) {
    const line = await lineOf(handle);
    if (out.isTTY) out.write(`\r\x1b[2K${line.slice(0, (out.columns || 80) - 1)}`);
    else if (line !== last) out.write(`${line}\n`);
    last = line;
    done = await Promise.race([
      ended.then(() => true),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), REFRESH_MS)),
    ]);
  }
  if (out.isTTY) out.write('\r\x1b[2K');
}

/** What we lack the key for does not come by waiting. */
function whileAway(error: unknown): string {
  const unreadable = unreadableIn(error);
  if (unreadable) throw unreadable;
  return 'waiting for Temporal';
}

/** Following a migration: a live line on a terminal, plain lines elsewhere, until it ends. */
import {
  TerminatedFailure,
  type WorkflowExecutionDescription,
  WorkflowFailedError,
} from '@temporalio/client';
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
  const end = resultThroughResets(handle);
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

/** A reset (`vgpu-ferry unstick`) ends the run, and the migration goes on in another: that one is followed. */
async function resultThroughResets(handle: MigrationHandle): Promise<MigrationResult> {
  const followed = handle.describe();
  followed.catch(() => undefined); // wanted only if it is terminated
  try {
    return await handle.result();
  } catch (error) {
    const wasTerminated = error instanceof WorkflowFailedError && error.cause instanceof TerminatedFailure;
    const next = wasTerminated ? await runAfter(handle, await followed) : undefined;
    if (next === undefined) throw error;
    return resultThroughResets(next);
  }
}

/** Of the same migration, not of one that was started since. */
async function runAfter(
  { client, workflowId }: MigrationHandle,
  { runId, raw }: WorkflowExecutionDescription,
): Promise<MigrationHandle | undefined> {
  const latest = await client.getHandle(workflowId).describe();
  const first = raw.workflowExecutionInfo?.firstRunId;
  const isNext = latest.runId !== runId && latest.raw.workflowExecutionInfo?.firstRunId === first;
  return isNext ? client.getHandle(workflowId, latest.runId) : undefined;
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

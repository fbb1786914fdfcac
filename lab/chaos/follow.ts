/** Follows a migration, whatever is broken meanwhile, to its end or to the moment at which it asks for a person. */
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { type MigrationProgress, PROGRESS_QUERY } from '../../src/contract';
import type { Migration } from '../src/migrations';

const EVERY_MS = 250;
/** No cell may need longer; what takes longer is wrong. */
export const SETTLE_LIMIT_MS = 300_000;
/** Once everything is mended, whose guest it is becomes known as soon as all have been asked again. */
const UNKNOWN_LASTS_MS = 90_000;

export interface End {
  how: 'completed' | 'failed' | 'attention' | 'open';
  /** Type of the failure, or what is waited for. */
  detail: string;
  atMs: number;
}

/** To the end, past what it asked a person for: the answer has been given. */
export function followPastAttention(migration: Migration): Promise<End> {
  return followToEnd(migration, Date.now, ['completed', 'failed']);
}

/** `mendedAt`: when nothing was broken any more. */
export async function followToEnd(
  migration: Migration,
  mendedAt: () => number,
  ends: readonly End['how'][] = ['completed', 'failed', 'attention'],
): Promise<End> {
  const giveUp = Date.now() + SETTLE_LIMIT_MS;
  let last = '';
  while (Date.now() < giveUp) {
    // Temporal, or the orchestrator, may be what was broken: then there is no answer, for a while.
    const end = await look(migration, mendedAt()).catch((error: unknown) => void (last = String(error)));
    if (end && ends.includes(end.how)) return end;
    if (end) last = end.detail;
    await pause(EVERY_MS);
  }
  return { how: 'open', detail: last, atMs: Date.now() };
}

async function look(migration: Migration, mendedAt: number): Promise<End> {
  const { status } = await within(3_000, migration.describe());
  if (status.name === 'RUNNING') return waitsFor(await within(5_000, progressOf(migration)), mendedAt);
  const atMs = Date.now();
  try {
    await migration.result();
    return { how: 'completed', detail: '', atMs };
  } catch (error) {
    return { how: 'failed', detail: kindOf(error), atMs };
  }
}

function progressOf(migration: Migration): Promise<MigrationProgress> {
  return migration.query<MigrationProgress>(PROGRESS_QUERY);
}

/** Two running copies need a person at once; a guest that nobody can place does if that lasts. */
function waitsFor({ attention, waitingFor, stage }: MigrationProgress, mendedAt: number): End {
  const atMs = Date.now();
  const asks =
    attention &&
    (attention.kind === 'split-brain' ||
      atMs - Math.max(mendedAt, Date.parse(attention.since)) > UNKNOWN_LASTS_MS);
  if (asks) return { how: 'attention', detail: attention.kind, atMs };
  return { how: 'open', detail: `${stage}: ${waitingFor ?? ''}`, atMs };
}

function kindOf(error: unknown): string {
  const cause = error instanceof WorkflowFailedError ? error.cause : error;
  if (cause instanceof CancelledFailure) return 'Cancelled';
  if (cause instanceof ApplicationFailure) return cause.type ?? cause.message;
  return String(cause);
}

function within<T>(ms: number, call: Promise<T>): Promise<T> {
  const late = pause(ms, undefined, { ref: false }).then(() => {
    throw new Error(`no answer within ${ms} ms`);
  });
  return Promise.race([call, late]);
}

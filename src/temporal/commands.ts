/** Commanding a running migration, as any Temporal client may: by its updates. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Client,
  ApplicationFailure,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  isGrpcServiceError,
} from '@temporalio/client';
import type { Command, CommandAnswer } from '../contract';
import { type MigrationHandle, MigrationError, findMigration } from './migrations';

/** An orchestrator that lives answers in well under a second; its agents are given five. */
const ANSWER_WITHIN_MS = 15_000;

/** A workflow task that crossed the update is over by then. */
const ASK_AGAIN_AFTER_MS = 250;

/** gRPC's FAILED_PRECONDITION: how Temporal answers for an update while the workflow's tasks fail. */
const FAILED_PRECONDITION = 9;

/** Asks a running migration; settles with its answer. Rejects if it refuses, has ended, or no orchestrator answers. */
export async function command(
  client: Client,
  guest: string,
  name: Command,
  argument?: object,
): Promise<CommandAnswer> {
  const handle = await runningMigration(client, guest);
  let givenBack = '';
  const answer = await askWithinLimit(
    handle,
    guest,
    name,
    argument,
    (why) => (givenBack = ` (Temporal: ${why})`),
  );
  if (answer !== null) return answer;
  throw new MigrationError(
    `No orchestrator answered within ${ANSWER_WITHIN_MS / 1000} s${givenBack}, so it is not known whether ${name} was taken for guest ${guest}. ` +
      'See that one runs (vgpu-ferry orchestrator), and ask again.',
  );
}

/** One answer to all; `applied` only if all were. What a refusal finds taken already is told with it. */
export async function commandInTurn(
  client: Client,
  guest: string,
  wanted: readonly [Command, object][],
): Promise<CommandAnswer> {
  const answers: CommandAnswer[] = [];
  for (const [name, argument] of wanted) {
    answers.push(
      await command(client, guest, name, argument).catch((error: unknown) => {
        if (error instanceof MigrationError && answers.length > 0)
          throw new MigrationError(`${error.message}\nTaken before: ${notesOf(answers)}`);
        throw error;
      }),
    );
  }
  return { applied: answers.every(({ applied }) => applied), note: notesOf(answers) };
}

function notesOf(answers: readonly CommandAnswer[]): string {
  return answers.map(({ note }) => note).join('\n');
}

/** An abort must not depend on an orchestrator being there: without one, Temporal itself keeps the request. */
export async function abortMigration(client: Client, guest: string): Promise<CommandAnswer> {
  const handle = await runningMigration(client, guest);
  const answer = await askWithinLimit(handle, guest, 'abort', undefined);
  if (answer !== null) return answer;
  await handle.cancel();
  return {
    applied: false,
    note: 'No orchestrator answers. Temporal keeps the request; the first one that starts obeys it.',
  };
}

async function runningMigration(client: Client, guest: string): Promise<MigrationHandle> {
  const handle = await findMigration(client, guest);
  const { status } = await handle.describe();
  if (status.name === 'RUNNING') return handle;
  throw notRunning(guest, status.name.toLowerCase());
}

function notRunning(guest: string, status: string): MigrationError {
  return new MigrationError(`No migration of guest ${guest} is running; the last one has ended: ${status}.`);
}

/** Null if nobody answered in time. */
async function askWithinLimit(
  handle: MigrationHandle,
  guest: string,
  name: Command,
  argument: object | undefined,
  givenBack: (why: string) => void = () => undefined,
): Promise<CommandAnswer | null> {
  const late = new AbortController();
  const answer = ask(handle, name, argument, { late: late.signal, givenBack });
  answer.catch(() => undefined); // if it is late
  try {
    return await Promise.race([answer, pause(ANSWER_WITHIN_MS, null, { signal: late.signal })]);
  } catch (error) {
    throw asCommandError(error, guest);
  } finally {
    late.abort();
  }
}

/** Until an orchestrator has taken it, or refused it. */
async function ask(
  handle: MigrationHandle,
  name: Command,
  argument: object | undefined,
  { late, givenBack }: { late: AbortSignal; givenBack: (why: string) => void },
): Promise<CommandAnswer> {
  const updateId = randomUUID(); // what was taken after all is not taken twice
  for (;;) {
    try {
      return argument === undefined
        ? await handle.executeUpdate<CommandAnswer, []>(name, { updateId })
        : await handle.executeUpdate<CommandAnswer, [object]>(name, { updateId, args: [argument] });
    } catch (error) {
      if (!wasGivenBack(error)) throw error;
      givenBack(String(error.cause?.message));
    }
    await pause(ASK_AGAIN_AFTER_MS, undefined, { signal: late });
  }
}

/**
 * Temporal has given the update back before any orchestrator took it, and keeps nothing of it. Seen when it came with a
 * workflow task that was completed without a word of it.
 */
export function wasGivenBack(error: unknown): error is WorkflowUpdateFailedError | ServiceError {
  if (error instanceof WorkflowUpdateFailedError)
    return error.cause instanceof ApplicationFailure && error.cause.type === 'UnprocessedUpdate';
  return (
    error instanceof ServiceError &&
    isGrpcServiceError(error.cause) &&
    Number(error.cause.code) === FAILED_PRECONDITION
  );
}

function asCommandError(error: unknown, guest: string): unknown {
  if (error instanceof WorkflowNotFoundError) return notRunning(guest, 'while it was asked');
  if (!(error instanceof WorkflowUpdateFailedError)) return error;
  const { cause } = error;
  return new MigrationError(cause instanceof ApplicationFailure ? cause.message : error.message);
}

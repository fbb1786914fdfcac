/** How the workflow reads the failures of its activities, and the typed ones that it throws itself. */
import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/workflow';
import { type MigrationInput, ErrorType } from '../src/contract';

/** Nothing of the activity can have happened: it was never started, or it refused before touching anything. */
export function neverStarted(error: unknown): boolean {
  return REFUSALS.includes(failureType(error) ?? '');
}

const REFUSALS: string[] = [
  ErrorType.InvalidInput,
  ErrorType.GuestNotFound,
  ErrorType.PreCheck,
  ErrorType.AgentUnreachable,
];

/** No agent took the task within its schedule-to-start limit, and no earlier attempt had begun. */
export function isAgentUnreachable(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return (
    cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START' && cause.cause === undefined
  );
}

/** `type` of the ApplicationFailure at the root of an activity's failure. */
export function failureType(error: unknown): string | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? (cause.type ?? undefined) : undefined;
}

export function agentUnreachable(host: string, seconds: number, error: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type: ErrorType.AgentUnreachable,
    nonRetryable: true,
    message: `No agent of host ${host} took the task within ${seconds} s. Required: a running vgpu-ferry agent with host id "${host}". Check the name, and start the agent there.`,
    details: [{ host }],
    cause: error as Error,
  });
}

export function guestEnded(guest: string, why: string, cause: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type: ErrorType.GuestEnded,
    nonRetryable: true,
    message: `Guest ${guest} ended during the migration: ${why}. Start it again where you want it.`,
    cause: cause as Error,
  });
}

/** The failure that a user shall see: the typed cause instead of Temporal's "Activity task failed" around it. */
export function firstCause(error: unknown): unknown {
  return error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : error;
}

/** Temporal's own way to say "canceled", with what that means here. */
export function abortedFailure({ guest, source }: MigrationInput): CancelledFailure {
  return new CancelledFailure(
    `Migration of guest ${guest} aborted as asked: it is on ${source}, and everything else is undone`,
  );
}

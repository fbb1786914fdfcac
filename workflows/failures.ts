/** How the workflow reads the failures of its activities, and the typed ones that it throws itself. */
import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/workflow';
import {
  type FailedCheck,
  type JobProgress,
  type MigrationInput,
  ErrorType,
  REFUSAL_MOST,
} from '../src/contract';

/** No agent took the task within its schedule-to-start limit, and no earlier attempt had begun. */
export function isAgentUnreachable(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return (
    cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START' && !hadBegunBefore(cause)
  );
}

/** How an earlier attempt ended. The SDK does not make it this failure's `cause`; it stands in what the server said. */
function hadBegunBefore(timeout: TimeoutFailure): boolean {
  return Boolean(timeout.cause ?? timeout.failure?.cause);
}

/** The agent that had the task heartbeats no more, or was not there to take it. */
export function isAgentLost(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof TimeoutFailure)) return false;
  return cause.timeoutType === 'HEARTBEAT' || cause.timeoutType === 'SCHEDULE_TO_START';
}

/** The agent was told that this migrate step is not wanted any more, or was not told that it is: it has begun no job. */
export function refusedToBegin(error: unknown): boolean {
  return failureType(error) === ErrorType.StateChanged;
}

/** Of a migrate step: its agent was lost before it had told of a job. */
export function wasLostBeforeJob(error: unknown): boolean {
  return isAgentLost(error) && [undefined, 'starting'].includes(lastPhase(error));
}

function lastPhase(error: unknown): JobProgress['phase'] | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const told = cause instanceof TimeoutFailure ? cause.lastHeartbeatDetails : undefined;
  return (told as Partial<JobProgress> | null | undefined)?.phase;
}

/** Of a migrate step whose libvirt was lost: until then the switchover had stopped the guest on its source. */
export function tellsSourceStopped(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const details = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
  return (details as { sourceStopped?: unknown } | null | undefined)?.sourceStopped === true;
}

/** `type` of the ApplicationFailure at the root of an activity's failure. */
export function failureType(error: unknown): string | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? (cause.type ?? undefined) : undefined;
}

/** How the migration that ends with it is listed. */
export function outcomeOf(error: unknown): string {
  return error instanceof CancelledFailure ? ErrorType.Aborted : (failureType(error) ?? 'Unexpected');
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

export function guestEnded(guest: string, why: string, cause?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type: ErrorType.GuestEnded,
    nonRetryable: true,
    message: `Guest ${guest} ended during the migration: ${why}. Start it again where you want it.`,
    ...(cause !== undefined && { cause: cause as Error }),
  });
}

/** libvirt's error had left open who owns the guest; both hosts have been looked at since, and it is on its source. */
export function settledOnSource(error: unknown, { guest, source }: MigrationInput): unknown {
  if (failureType(error) !== ErrorType.OutcomeUnknown) return error;
  const cause = (error instanceof ActivityFailure ? error.cause : error) as Error;
  return ApplicationFailure.create({
    type: ErrorType.MigrationFailed,
    nonRetryable: true,
    message: `The migration of guest ${guest} failed, and the guest is on ${source}: ${cause.message}`,
    cause,
  });
}

/** VIR_ERR_OPERATION_INVALID: so libvirt refuses to begin, a device that it holds to be in use among other things. */
const OPERATION_INVALID = 55;

/** libvirt's words, if it refused to begin the migration. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof ApplicationFailure) || error.type !== ErrorType.MigrationFailed) return undefined;
  const details = error.details?.[0] as { code?: unknown } | null | undefined;
  return details?.code === OPERATION_INVALID ? error.message.slice(0, REFUSAL_MOST) : undefined;
}

/** A later failure says more than one that only tells that a step was interrupted or lost. */
export function moreTelling(first: unknown, later: unknown): unknown {
  return first === undefined || (!isTyped(first) && isTyped(later)) ? later : first;
}

function isTyped(error: unknown): boolean {
  return (Object.values(ErrorType) as (string | undefined)[]).includes(failureType(error));
}

/** The failure that a user shall see: the typed cause instead of Temporal's "Activity task failed" around it. */
export function firstCause(error: unknown, { guest, source }: MigrationInput): unknown {
  if (isTyped(error)) return error instanceof ActivityFailure ? error.cause : error;
  return ApplicationFailure.create({
    type: ErrorType.MigrationFailed,
    nonRetryable: true,
    message: `A step of the migration of guest ${guest} was lost, and it was undone; the guest is on ${source}. The cause below says more.`,
    cause: error as Error,
  });
}

/** The source has found failed checks already, and the destination does not answer to add its own. */
export function preCheckWithoutDestination(host: string, failed: FailedCheck[]): ApplicationFailure {
  const agent: FailedCheck = {
    check: 'agent-reachable',
    host,
    found: 'no answer',
    required: `a running vgpu-ferry agent with host id "${host}"`,
    fix: 'Check the name, and start the agent there. Its own checks could not be made.',
  };
  const all = [...failed, agent];
  return ApplicationFailure.nonRetryable(
    `${all.length} checks failed, nothing was touched: ${all.map(({ host: on, check, found }) => `${on}: ${check}: ${found}`).join('; ')}`,
    ErrorType.PreCheck,
    all,
  );
}

export function undoFailed(steps: string[], cause: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type: ErrorType.UndoFailed,
    nonRetryable: true,
    message: `The migration failed, and undoing it did too: ${steps.join(', ')}. The ledger on the destination still shows what is claimed.`,
    cause: cause as Error,
  });
}

/** Temporal's own way to say "canceled", with what that means here. */
export function abortedFailure({ guest, source }: MigrationInput): CancelledFailure {
  return new CancelledFailure(
    `Migration of guest ${guest} aborted as asked: it is on ${source}, and everything else is undone`,
  );
}

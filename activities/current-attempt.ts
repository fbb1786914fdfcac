/**
 * Whether the server still counts on this attempt of an activity. A task can reach an agent long after the server has given
 * it up, on a link that was cut and is back: what it then begins nobody waits for, and others may have been told to undo.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import { ErrorType } from '../src/contract';

/** Asks the server. */
export type AttemptCheck = () => Promise<boolean>;

export async function attemptIsPending(): Promise<boolean> {
  const { info, client } = Context.current();
  if (!info.workflowExecution) return true;
  const { workflowId, runId } = info.workflowExecution;
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  return (raw.pendingActivities ?? []).some(
    ({ activityId, attempt }) => activityId === info.activityId && attempt === info.attempt,
  );
}

/** Of a step that a later attempt may join before it has begun: it is wanted if one of them is. */
export async function anyIsCurrent(attempts: readonly AttemptCheck[]): Promise<boolean> {
  const answers = await Promise.allSettled(attempts.map((isCurrent) => isCurrent()));
  if (answers.some((answer) => answer.status === 'fulfilled' && answer.value)) return true;
  const unanswered = answers.find((answer) => answer.status === 'rejected');
  if (unanswered) throw unanswered.reason;
  return false;
}

/** For steps that change something: nothing is done for an attempt that was given up, or of which the server cannot say. */
export async function requireCurrentAttempt(host: string, isCurrent: AttemptCheck): Promise<void> {
  const current = await isCurrent().catch((error: unknown) => {
    throw ApplicationFailure.retryable(
      `${host}: Temporal did not confirm that this step is still wanted; nothing was done: ${String(error)}`,
      ErrorType.StateChanged,
    );
  });
  if (current) return;
  throw ApplicationFailure.nonRetryable(
    `${host}: this attempt of the step came too late, Temporal has given it up; nothing was done`,
    ErrorType.StateChanged,
  );
}

/** A question to a host's agent outside of any workflow: one attempt, and who asks the same meanwhile gets its answer. */
import { type ActivityExecutionFailedError, type Client, TimeoutFailure } from '@temporalio/client';
import { hostTaskQueue } from '../contract';

const ANSWER_WITHIN = '20 seconds';

export interface Question {
  activity: string;
  /** Of the question: the same for who asks the same. */
  id: string;
  args: unknown[];
  /** An agent that lives takes a task in about 80 ms. */
  takenWithin: '3 seconds' | '5 seconds';
}

/** Rejects with ActivityExecutionFailedError, its cause a TimeoutFailure, if no agent takes it in time. */
export function askAgent<Answer>(client: Client, host: string, question: Question): Promise<Answer> {
  const { activity, id, args, takenWithin } = question;
  return client.activity.execute<Answer>(activity, {
    ...{ id, args },
    taskQueue: hostTaskQueue(host, 'control'),
    scheduleToStartTimeout: takenWithin,
    startToCloseTimeout: ANSWER_WITHIN,
    retry: { maximumAttempts: 1 },
    idConflictPolicy: 'USE_EXISTING',
  });
}

export function whyUnanswered({ cause, message }: ActivityExecutionFailedError): string {
  if (!(cause instanceof TimeoutFailure)) return cause?.message ?? message;
  return cause.timeoutType === 'SCHEDULE_TO_START'
    ? 'no agent answers'
    : `the agent did not answer within ${ANSWER_WITHIN}`;
}

/** Single events of a history: when, where, and how a step was lost, in words. */
import type { WorkflowHandle } from '@temporalio/client';
import type { StepTold } from './story';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
export type Event = NonNullable<History['events']>[number];
export type Failure = NonNullable<NonNullable<Event['activityTaskFailedEventAttributes']>['failure']>;

type Lost = { scheduledEventId?: unknown; failure?: Failure | null };

export function lostWays(event: Event): [StepTold['outcome'], Lost][] {
  const ways: [StepTold['outcome'], Lost | null | undefined][] = [
    ['failed', event.activityTaskFailedEventAttributes],
    ['timed out', event.activityTaskTimedOutEventAttributes],
    ['cancelled', event.activityTaskCanceledEventAttributes],
  ];
  return ways.flatMap(([outcome, lost]) => (lost ? [[outcome, lost] as [StepTold['outcome'], Lost]] : []));
}

export function timeOf({ eventTime }: Event): string {
  const ms = Number(eventTime?.seconds ?? 0) * 1000 + Math.floor((eventTime?.nanos ?? 0) / 1_000_000);
  return new Date(ms).toISOString();
}

/** `vgpu-host:host-a:control` → `host-a`. */
export function hostOf(queue: string): string {
  return /^vgpu-host:(.+):(migrate|control)$/.exec(queue)?.[1] ?? queue;
}

export function failureInWords(failure: Failure | null | undefined): string {
  const type = failure?.applicationFailureInfo?.type;
  const [message = ''] = (failure?.message ?? 'failed').split('\n'); // what follows are the checks, told at the end
  return type ? `${type}: ${message}` : message;
}

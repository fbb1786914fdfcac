/** Where the time of one migration goes, by its history. */
import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { Timeline } from '../harness/results';

type Event = temporal.api.history.v1.IHistoryEvent;
const { EventType } = temporal.api.enums.v1;

const WAITS = 'waits to be taken';
const AGENT = 'an agent works';
const ORCHESTRATOR = 'the orchestrator works';

export async function timelineOf(client: Client, workflowId: string): Promise<Timeline> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return {
    name: 'timeline',
    title: 'One migration whose hosts need no time: where its time goes',
    spans: spansOf(events ?? []),
  };
}

/** Each row is an activity, or the workflow's tasks. */
export function spansOf(events: readonly Event[]): Timeline['spans'] {
  const begin = at(events[0]);
  const since = (event: Event | undefined): number => Math.round((at(event) - begin) * 10) / 10;
  const byId = new Map(events.map((event) => [String(event.eventId), event]));
  const span = (row: string, kind: string, from: Event | undefined, to: Event): Timeline['spans'] =>
    from ? [{ row, kind, from: since(from), to: since(to) }] : [];
  return events.flatMap((event) => {
    const activity = event.activityTaskCompletedEventAttributes;
    if (event.eventType === EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED && activity) {
      const scheduled = byId.get(String(activity.scheduledEventId));
      const started = byId.get(String(activity.startedEventId));
      const row = scheduled?.activityTaskScheduledEventAttributes?.activityType?.name ?? 'activity';
      return started ? [...span(row, WAITS, scheduled, started), ...span(row, AGENT, started, event)] : [];
    }
    const task = event.workflowTaskCompletedEventAttributes;
    if (event.eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED && task) {
      const started = byId.get(String(task.startedEventId));
      const scheduled = byId.get(String(task.scheduledEventId));
      const row = 'the workflow';
      return started
        ? [...span(row, WAITS, scheduled, started), ...span(row, ORCHESTRATOR, started, event)]
        : [];
    }
    return [];
  });
}

function at(event: Event | undefined): number {
  const { seconds, nanos } = event?.eventTime ?? {};
  return Number(seconds ?? 0) * 1000 + (nanos ?? 0) / 1e6;
}

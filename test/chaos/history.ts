/** A workflow's history in plain words: for the search for secrets, and for whoever looks into a failing seed. */
import { historyToJSON } from '@temporalio/common/lib/proto-utils';

type History = Parameters<typeof historyToJSON>[0];

/** JSON in which every payload is shown as what it holds. */
export function decodedHistory(history: History): string {
  return JSON.stringify(
    JSON.parse(historyToJSON(history)),
    (_key, value: unknown) => {
      if (!isPayload(value)) return value;
      const text = Buffer.from(value.data, 'base64').toString('utf8');
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return text;
      }
    },
    2,
  );
}

/** WorkflowTaskFailedCause of Temporal's API. */
const MISUNDERSTOOD = new Map<unknown, string>([
  [14, 'workflow code, or the SDK, threw'],
  [24, 'a replay went another way than the history'],
]);

/** Why workflow tasks failed that had to be understood. */
export function misunderstoodTasks({ events }: History): string[] {
  return (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: task }) => {
    const why = MISUNDERSTOOD.get(task?.cause);
    return why === undefined ? [] : [`a workflow task failed, ${why}: ${task?.failure?.message ?? ''}`];
  });
}

function isPayload(value: unknown): value is { metadata: object; data: string } {
  return typeof value === 'object' && value !== null && 'metadata' in value && 'data' in value;
}

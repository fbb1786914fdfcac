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

function isPayload(value: unknown): value is { metadata: object; data: string } {
  return typeof value === 'object' && value !== null && 'metadata' in value && 'data' in value;
}

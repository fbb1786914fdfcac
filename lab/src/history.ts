/** A workflow's history as text, with every payload decoded, to look for what must never be in it. */
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { WorkflowHandle } from '@temporalio/client';

/** The history as JSON, followed by the decoded text of each payload. */
export async function readableHistory(handle: WorkflowHandle): Promise<string> {
  const json = historyToJSON(await handle.fetchHistory());
  return [json, ...payloads(JSON.parse(json))].join('\n');
}

/** Every string under a key `data`: that is where protobuf's JSON has its bytes, in base64. */
function payloads(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(payloads);
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === 'data' && typeof value === 'string'
      ? [Buffer.from(value, 'base64').toString('utf8')]
      : payloads(value),
  );
}

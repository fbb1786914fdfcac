/** Recorded histories: kept for good, so that a worker of today can be shown to understand a workflow of yesterday. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';

export const HISTORIES = join(__dirname, '..', 'histories');

/** With VGPU_FERRY_RECORD=<label> the history is written as `<outcome>.<label>.json`; else nothing is. */
export async function record(handle: Pick<WorkflowHandle, 'fetchHistory'>, outcome: string): Promise<void> {
  const label = process.env.VGPU_FERRY_RECORD;
  if (!label) return;
  mkdirSync(HISTORIES, { recursive: true });
  writeFileSync(
    join(HISTORIES, `${outcome}.${label}.json`),
    `${historyToJSON(await handle.fetchHistory())}\n`,
  );
}

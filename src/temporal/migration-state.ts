/** Whether a migration is over, as the server tells: what a host's sweep rests on, so every doubt is `unknown`. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { MigrationState } from '../contract';

/** A sweep asks under the ledger's lock: no claim must wait longer than this for a server that does not answer. */
const ANSWER_WITHIN_MS = 5_000;

const CLOSED: readonly string[] = ['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'];
const OPEN: readonly string[] = ['RUNNING', 'PAUSED'];

export function migrationStates(client: Client): {
  stateOf(of: { workflow: string; run?: string }): Promise<MigrationState>;
} {
  return {
    stateOf: (of) =>
      client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => stateOf(client, of)).catch(() => 'unknown'),
  };
}

/**
 * A workflow id has one open run at most, its latest. A reset makes a new run that keeps the id of the chain's first:
 * that is the run which claims are recorded under.
 */
async function stateOf(
  client: Client,
  { workflow, run }: { workflow: string; run?: string },
): Promise<MigrationState> {
  const latest = await describe(client, workflow);
  if (latest === undefined) return 'closed'; // past its retention
  if (run === undefined || latest.firstRun === '' || latest.firstRun === run) return latest.state;
  const recorded = await describe(client, workflow, run);
  return recorded?.state ?? 'closed';
}

async function describe(
  client: Client,
  workflow: string,
  run?: string,
): Promise<{ state: MigrationState; firstRun: string } | undefined> {
  try {
    const { status, raw } = await client.workflow.getHandle(workflow, run).describe();
    return { state: stateOfStatus(status.name), firstRun: raw.workflowExecutionInfo?.firstRunId ?? '' };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** `status`: Temporal's own word. */
export function stateOfStatus(status: string): MigrationState {
  if (OPEN.includes(status)) return 'running';
  return CLOSED.includes(status) ? 'closed' : 'unknown';
}

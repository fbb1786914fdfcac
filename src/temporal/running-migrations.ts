/** The migrations that run, as far as the server itself knows them: no worker is asked, and no workflow is replayed for it. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { ATTENTION_ATTRIBUTE, type Attention, type HostActivities, LIVE_MIGRATE_VGPU } from '../contract';

/** The undo, and what follows the switchover: they wait for their host as long as it takes. */
export const MUST_HAPPEN = {
  releaseClaim: 'release',
  finalizeOnDestination: 'finalize',
  cleanUpSource: 'cleanup',
} as const satisfies Partial<Record<keyof HostActivities, string>>;

export type WaitingStep = (typeof MUST_HAPPEN)[keyof typeof MUST_HAPPEN];

export interface RunningMigration {
  attention: Attention['kind'] | null;
  /** Steps that must happen, and since when they have been wanted: the server's clock, in milliseconds. */
  waiting: { step: WaitingStep; sinceMs: number }[];
}

/** Each is a request to the server. */
const MOST_DESCRIBED = 500;

export class RunningMigrations {
  /** By run and activity, when a step was first scheduled: the server itself tells only of its last attempt. */
  private since = new Map<string, number>();

  constructor(private readonly client: Client) {}

  async look(): Promise<RunningMigration[]> {
    const query = `WorkflowType = '${LIVE_MIGRATE_VGPU}' AND ExecutionStatus = 'Running'`;
    const known = this.since;
    this.since = new Map();
    const running: RunningMigration[] = [];
    for await (const info of this.client.workflow.list({ query, pageSize: MOST_DESCRIBED }))
      running.push({
        attention: attentionOf(info),
        waiting: running.length < MOST_DESCRIBED ? await this.waitingOf(info, known) : [],
      });
    return running;
  }

  private async waitingOf(
    info: WorkflowExecutionInfo,
    known: ReadonlyMap<string, number>,
  ): Promise<RunningMigration['waiting']> {
    const waiting: RunningMigration['waiting'] = [];
    for (const { activityId, activityType } of await this.pendingOf(info)) {
      const step = (MUST_HAPPEN as Partial<Record<string, WaitingStep>>)[activityType?.name ?? ''];
      if (step === undefined || !activityId) continue;
      const key = `${info.runId} ${activityId}`;
      const sinceMs = known.get(key) ?? (await this.scheduledAt(info, activityId));
      this.since.set(key, sinceMs);
      waiting.push({ step, sinceMs });
    }
    return waiting;
  }

  /** Empty if it has ended since it was listed. */
  private async pendingOf({ workflowId, runId }: WorkflowExecutionInfo) {
    const described = await this.client.workflow
      .getHandle(workflowId, runId)
      .describe()
      .catch(() => null);
    return described?.raw.pendingActivities ?? [];
  }

  private async scheduledAt(
    { workflowId, runId }: WorkflowExecutionInfo,
    activityId: string,
  ): Promise<number> {
    const { events } = await this.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const scheduled = events?.find(
      ({ activityTaskScheduledEventAttributes: step }) => step?.activityId === activityId,
    );
    return Number(scheduled?.eventTime?.seconds ?? 0) * 1_000;
  }
}

function attentionOf({ typedSearchAttributes }: WorkflowExecutionInfo): RunningMigration['attention'] {
  const kind = typedSearchAttributes.get({ name: ATTENTION_ATTRIBUTE, type: 'KEYWORD' });
  return kind === 'split-brain' || kind === 'unknown-owner' ? kind : null;
}

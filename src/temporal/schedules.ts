/** A host's schedule of sweeps: made, brought up to date, or deleted as the agent's configuration says. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Client,
  type ScheduleDescription,
  type ScheduleOptions,
  type ScheduleOptionsStartWorkflowAction,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import { encryptsWith, encryptedWith } from './codec';
import { ORCHESTRATOR_TASK_QUEUE, RECONCILE_HOST, reconcileScheduleId } from '../contract';

const MINUTE_MS = 60_000;

/** Hosts that were started together must not sweep together: a tenth of the interval spreads them. */
const JITTER_PART = 10;

/** A sweep that was missed is made up for by the next one. */
const CATCHUP_WINDOW_MS = MINUTE_MS;

const ANSWER_WITHIN_MS = 10_000;

type SweepSchedule = ScheduleOptions<ScheduleOptionsStartWorkflowAction<never>>;

/** What was done. `not-ours`: the id is taken by a schedule that starts something else; it is left alone. */
export type ScheduleOutcome = 'created' | 'updated' | 'unchanged' | 'deleted' | 'none' | 'not-ours';

/** `everyMinutes` 0: no schedule. One that exists sweeps once now, unless an operator has paused it. */
export function ensureReconcileSchedule(
  client: Client,
  host: string,
  everyMinutes: number,
): Promise<ScheduleOutcome> {
  return client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
    everyMinutes === 0 ? remove(client, host) : ensure(client, scheduleOf(host, everyMinutes), host),
  );
}

async function ensure(client: Client, wanted: SweepSchedule, host: string): Promise<ScheduleOutcome> {
  const found = await find(client, host);
  if (!found) return create(client, wanted, host);
  if (!isOurs(found, host)) return 'not-ours';
  const differs = !isAsWanted(found, wanted) || writtenWith(found) !== encryptsWith(client);
  const handle = client.schedule.getHandle(wanted.scheduleId);
  if (differs)
    await handle.update(({ state: { paused, note, remainingActions } }) => ({
      ...wanted,
      state: {
        paused,
        ...(note !== undefined && { note }),
        ...(remainingActions !== undefined && { remainingActions }),
      },
    }));
  if (!found.state.paused) await handle.trigger(ScheduleOverlapPolicy.SKIP);
  return differs ? 'updated' : 'unchanged';
}

async function create(client: Client, wanted: SweepSchedule, host: string): Promise<ScheduleOutcome> {
  try {
    await client.schedule.create({ ...wanted, state: { triggerImmediately: true } });
    return 'created';
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    return ensure(client, wanted, host); // made by another process since we looked
  }
}

async function remove(client: Client, host: string): Promise<ScheduleOutcome> {
  const found = await find(client, host);
  if (!found) return 'none';
  if (!isOurs(found, host)) return 'not-ours';
  await client.schedule.getHandle(reconcileScheduleId(host)).delete();
  return 'deleted';
}

async function find(client: Client, host: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(reconcileScheduleId(host)).describe();
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

function scheduleOf(host: string, everyMinutes: number): SweepSchedule {
  const every = everyMinutes * MINUTE_MS;
  return {
    scheduleId: reconcileScheduleId(host),
    spec: { intervals: [{ every }], jitter: every / JITTER_PART },
    action: {
      type: 'startWorkflow',
      workflowType: RECONCILE_HOST,
      workflowId: reconcileScheduleId(host),
      taskQueue: ORCHESTRATOR_TASK_QUEUE,
      args: [{ host }] as never,
      staticSummary: `sweep ${host}`,
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCHUP_WINDOW_MS },
  };
}

function isOurs({ action }: ScheduleDescription, host: string): boolean {
  const [input] = (action.args ?? []) as ({ host?: unknown } | undefined)[];
  return action.workflowType === RECONCILE_HOST && input?.host === host;
}

/** Id of the key that its input is encrypted with. One that is given up would be the schedule's end, keys rotate and it stays. */
function writtenWith({ raw }: ScheduleDescription): string | null {
  const [input] = raw.schedule?.action?.startWorkflow?.input?.payloads ?? [];
  return input ? encryptedWith(input) : null;
}

function isAsWanted({ spec, policies, action }: ScheduleDescription, wanted: SweepSchedule): boolean {
  const { intervals = [], calendars = [], skip = [] } = spec;
  const found = {
    spec: { intervals: intervals.map(({ every }) => ({ every })), jitter: spec.jitter },
    policies: { overlap: policies.overlap, catchupWindow: policies.catchupWindow },
  };
  return (
    calendars.length + skip.length === 0 &&
    action.taskQueue === wanted.action.taskQueue &&
    isDeepStrictEqual(found, { spec: wanted.spec, policies: wanted.policies })
  );
}

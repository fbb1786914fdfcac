/** `ReconcileHost`: one host, swept once. The schedule starts it; so may anybody. */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import {
  type ReconcileActivities,
  type ReconcileInput,
  type ReconcileReport,
  ErrorType,
  hostTaskQueue,
  isHostId,
  show,
} from '../src/contract';
import { agentUnreachable, isAgentUnreachable } from './failures';
import { describeReport } from './reconcile-details';

/** A host that is down is not swept this time; the next run comes soon. */
const AGENT_ANSWERS_WITHIN_S = 20;

/** Reads every domain, and makes devices anew, seconds each; a full host is done well within. */
const SWEPT_WITHIN = '5 minutes';

/** Removes what migrations that are over have left on a host. See `ReconcileReport`. */
export async function ReconcileHost(input: ReconcileInput): Promise<ReconcileReport> {
  const host = validated(input);
  const { reconcileHost } = proxyActivities<ReconcileActivities>({
    taskQueue: hostTaskQueue(host, 'control'),
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    scheduleToStartTimeout: `${AGENT_ANSWERS_WITHIN_S} seconds`,
    startToCloseTimeout: SWEPT_WITHIN,
    retry: { initialInterval: '2 seconds', maximumAttempts: 3 },
  });
  try {
    const report = await reconcileHost.executeWithOptions({ summary: `sweep ${host}` }, [{ host }]);
    setCurrentDetails(describeReport(report));
    return report;
  } catch (error) {
    throw isAgentUnreachable(error)
      ? agentUnreachable(host, AGENT_ANSWERS_WITHIN_S, error)
      : typedCause(error);
  }
}

/** The host's own words instead of Temporal's "Activity task failed" around them. */
function typedCause(error: unknown): unknown {
  return error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : error;
}

function validated(input: ReconcileInput): string {
  const host: unknown = (input as ReconcileInput | undefined)?.host;
  if (typeof host === 'string' && isHostId(host)) return host;
  throw ApplicationFailure.nonRetryable(
    `Invalid sweep input: host: found ${show(host)}, required a host id`,
    ErrorType.InvalidInput,
  );
}

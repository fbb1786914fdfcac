/** Why an activity attempt is interrupted: only a cancel from the workflow is an abort, everything else is a detach. */
import { type Context, ApplicationFailure } from '@temporalio/activity';

/** `abort`: end the job. `detach`: leave it alone, a later attempt attaches again. */
export type InterruptionReason = 'abort' | 'detach';

export interface Interruption {
  /** Never settles if nothing interrupts. */
  reason: Promise<InterruptionReason>;
  failure(): ApplicationFailure;
}

export function interrupted(context: Context): Interruption {
  const reason = context.cancelled.then(
    () => 'detach' as const,
    () => (isAbort(context) ? ('abort' as const) : ('detach' as const)),
  );
  const failure = (): ApplicationFailure =>
    ApplicationFailure.create({
      type: 'SupervisionInterrupted',
      message: `Supervision left this agent (${describe(context)}); the job goes on`,
      nonRetryable: true,
    });
  return { reason, failure };
}

/** Shutdown of the worker, a pause or reset in the Web UI, and a timed-out attempt come by the same signal. */
function isAbort(context: Context): boolean {
  const details = context.cancellationDetails;
  return (
    details !== undefined &&
    details.cancelRequested &&
    !details.workerShutdown &&
    !details.paused &&
    !details.timedOut &&
    !details.notFound
  );
}

function describe(context: Context): string {
  const details = context.cancellationDetails;
  const named = Object.entries(details ?? {}).filter(([, set]) => set === true);
  return named.map(([name]) => name).join(', ') || 'no reason given';
}

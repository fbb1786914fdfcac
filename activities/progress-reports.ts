/** Tells the workflow a job's figures, at growing intervals: each signal is four events of its history. */
import { Context } from '@temporalio/activity';
import { type JobProgress, type ReportedProgress, JOB_PROGRESS_SIGNAL } from '../src/contract';

export interface ProgressReports {
  /** Of the first report; each further one comes after twice the interval before. */
  firstAfterMs: number;
  send(progress: ReportedProgress): Promise<void>;
}

/** To the very run that has scheduled the activity: called inside it. */
export const workflowSignals: ProgressReports = {
  firstAfterMs: 15_000,
  async send(progress) {
    const { client, info } = Context.current();
    const { workflowId, runId } = info.workflowExecution ?? {};
    if (workflowId === undefined) return;
    await client.workflow.getHandle(workflowId, runId).signal(JOB_PROGRESS_SIGNAL, progress);
  },
};

/** Takes each progress and tells it if its time has come. A lost report is no failure: the next one says more. */
export function progressReporter(
  reports: ProgressReports | undefined,
  now: () => number = () => performance.now(),
): (progress: JobProgress) => void {
  if (reports === undefined) return () => undefined;
  let intervalMs = reports.firstAfterMs;
  let dueAt = now() + intervalMs;
  return (progress) => {
    if (now() < dueAt) return;
    intervalMs *= 2;
    dueAt = now() + intervalMs;
    reports.send({ ...progress, at: new Date().toISOString() }).catch(() => undefined);
  };
}

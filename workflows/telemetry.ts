/**
 * What a migration tells of itself to Prometheus and to the log: nothing of it changes the history.
 *
 * Counted is in the workflow, for it alone knows a migration's whole way, and once: the SDK drops what is counted or logged
 * while a history is replayed, so no restart of an orchestrator and no retry of a step counts again. Only a workflow task that
 * was lost after it had counted, before the server had its answer, is done anew and counts twice. A counter starts at 0 with
 * its process, which rate() and increase() know.
 */
import { isCancellation, log, metricMeter } from '@temporalio/workflow';
import {
  type CompleteInput,
  type JobOverrides,
  type JobSummary,
  type MigrationPolicy,
  type MigrationResult,
  type Series,
  type Stage,
  METRICS,
  allowedDowntimeMs,
  causeOf,
  isHostId,
} from '../src/contract';
import { failureType } from './failures';

type Counter = ReturnType<typeof metricMeter.createCounter>;
type Histogram = ReturnType<typeof metricMeter.createHistogram>;

const begun = counter(METRICS.migrationsBegun);
const ended = counter(METRICS.migrationsEnded);
const moved = counter(METRICS.movedBytes);
const movedVfio = counter(METRICS.movedVfioBytes);
const overLimit = counter(METRICS.downtimeOverLimit);
const stageDuration = histogram(METRICS.stageDuration);
const downtime = histogram(METRICS.downtime);

export function counter({ name, help }: Series): Counter {
  return metricMeter.createCounter(name, undefined, help);
}

function histogram({ name, help }: Series): Histogram {
  return metricMeter.createHistogram(name, 'float', undefined, help);
}

/** A whole migration; one whose input is refused begins too. */
export async function toldOf(input: unknown, run: () => Promise<MigrationResult>): Promise<MigrationResult> {
  begun.add(1);
  log.info('migration begun', endsOf(input));
  try {
    const result = await run();
    tellEnd('done', 'none');
    return result;
  } catch (error) {
    if (isCancellation(error)) tellEnd('aborted', 'none');
    else tellEnd('failed', causeOf(failureType(error)), (error as Error).message);
    throw error;
  }
}

function tellEnd(outcome: 'done' | 'aborted' | 'failed', cause: string, error?: string): void {
  ended.add(1, { outcome, cause });
  log.info('migration ended', { outcome, cause, ...(error !== undefined && { error }) });
}

/** What anybody has passed is in the log only if it has the form of host ids. */
function endsOf(input: unknown): Partial<CompleteInput> {
  const { source, destination } = (input ?? {}) as Partial<CompleteInput>;
  return Object.fromEntries(
    Object.entries({ source, destination }).filter(([, host]) => typeof host === 'string' && isHostId(host)),
  );
}

export function tellStage(stage: Stage | 'undo', ms: number, result: 'done' | 'failed'): void {
  stageDuration.record(Math.max(0, ms) / 1_000, { stage, result });
  log.info('stage ended', { stage, ms, result });
}

/** What the job did, as libvirt counted it: known only of one whose end was seen. */
export function tellJob(job: JobSummary | null, policy: MigrationPolicy, overrides: JobOverrides): void {
  if (job === null) return;
  if (job.bytes !== null) moved.add(job.bytes);
  if (job.vfioBytes !== null) movedVfio.add(job.vfioBytes);
  if (job.downtimeMs === null) return;
  downtime.record(job.downtimeMs / 1_000, { switchover: policy.switchover });
  if (job.downtimeMs > allowedDowntimeMs(policy, overrides)) overLimit.add(1);
}

/** What to do about a job in flight, from its policy and its figures. A table of rules, no state of its own. */
import type { ConvergencePolicy, JobOverrides } from '../contract';
import { downtimeAt, stepsEndMs } from './schedule';

export interface JobInFlight {
  policy: ConvergencePolicy;
  /** Set by commands: outrank the policy's schedule and its forced completion. */
  overrides: JobOverrides;
  /** libvirt's time of the job. */
  elapsedMs: number;
  /** See `dataGiB`. */
  dataGiB: number;
  /** Since less memory was left to send than ever before. */
  msSinceProgress: number;
  /** The switchover is under way. */
  guestStopped: boolean;
  /** Time of the job at which its completion was forced; null if it was not, as far as this process knows. */
  forcedAtMs: number | null;
}

export type Verdict = 'go-on' | 'abort' | 'force-complete';

export interface Decision {
  maxDowntimeMs: number;
  verdict: Verdict;
  /** The limit that was reached, in words; null = none. */
  why: string | null;
}

/** Once the guest is stopped for the switchover nothing is aborted: its stop would have been for nothing. */
export function decide(job: JobInFlight): Decision {
  const reached = job.guestStopped ? null : limitReached(job);
  const verdict = verdictOn(job, reached);
  return { maxDowntimeMs: downtime(job, verdict), verdict, why: reached };
}

function verdictOn(job: JobInFlight, reached: string | null): Verdict {
  if (job.forcedAtMs !== null) return reached === null ? 'force-complete' : 'abort'; // forced once, not twice
  if (reached === null) return 'go-on';
  return job.policy.onTimeout;
}

function downtime({ policy, overrides, elapsedMs, dataGiB }: JobInFlight, verdict: Verdict): number {
  if (overrides.maxDowntimeMs !== undefined) return overrides.maxDowntimeMs;
  const scheduled = downtimeAt(policy, elapsedMs, dataGiB);
  return verdict === 'force-complete' ? Math.max(scheduled, policy.forceCompleteDowntimeMs) : scheduled;
}

function limitReached(job: JobInFlight): string | null {
  return completionLimit(job) ?? progressLimit(job);
}

/** From the job's start; once forced, a job has the same time again. */
function completionLimit({ policy, elapsedMs, dataGiB, forcedAtMs }: JobInFlight): string | null {
  const limitMs = policy.completionTimeoutSecondsPerGiB * dataGiB * 1000;
  if (limitMs === 0 || elapsedMs - (forcedAtMs ?? 0) < limitMs) return null;
  const since = forcedAtMs === null ? '' : ' after its completion had been forced';
  return `completion timeout: not complete within ${seconds(limitMs)}${since}`;
}

/** Until the steps are at their end a job may well stand still; a forced one has its completion timeout, if there is one. */
function progressLimit(job: JobInFlight): string | null {
  const { policy, elapsedMs, dataGiB, msSinceProgress, forcedAtMs } = job;
  const limitMs = policy.progressTimeoutSeconds * 1000;
  const otherLimit = forcedAtMs !== null && policy.completionTimeoutSecondsPerGiB > 0;
  if (limitMs === 0 || otherLimit) return null;
  const countedFromMs = forcedAtMs ?? stepsEndMs(policy, dataGiB);
  if (Math.min(msSinceProgress, elapsedMs - countedFromMs) < limitMs) return null;
  return `progress timeout: no less memory left to send for ${seconds(limitMs)} at the longest downtime allowed`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

/** `controlJob`: what a command wants of the job in flight, done at once, beside its supervision. */
import { Context } from '@temporalio/activity';
import type { JobCommand, JobCommandOutcome, JobControlInput } from '../src/contract';
import { HypervisorError } from '../src/hypervisor/port';
import type { HostDeps } from './deps';
import { abortOutgoing, endJob } from './end-job';
import { isOutgoing, jobProgress, lookAtJob } from './job-progress';
import type { RunningJob } from './migration-jobs';

export async function controlJob(deps: HostDeps, input: JobControlInput): Promise<JobCommandOutcome> {
  const { guest } = input.migration;
  const job = deps.jobs.of(input.migration);
  note(deps, input);
  deps.log.info({ guest, command: input.command }, 'a command for the job');
  try {
    const applied = await unlessGone(deps, guest, () => carryOut(deps, guest, job, input));
    if (!applied) return NO_JOB;
    // whoever aborts waits for the job to be gone, not for its figures
    const progress = input.command === 'abort' ? null : await progressNow(deps, guest, job);
    return { done: 'applied', progress };
  } finally {
    if (job && input.command === 'abort') void endJob(deps, guest, job);
  }
}

const NO_JOB: JobCommandOutcome = { done: 'no-job', progress: null };

/** First of all, so that the supervision neither undoes it nor begins a job that shall not begin. */
function note(deps: HostDeps, input: JobControlInput): void {
  const commands = deps.jobs.commandsOf(input.migration);
  const { scheduledTimestampMs } = Context.current().info;
  switch (input.command) {
    case 'abort':
      return commands.abort(scheduledTimestampMs);
    case 'setMaxDowntime':
      return commands.override({ maxDowntimeMs: input.maxDowntimeMs }, scheduledTimestampMs);
    case 'setBandwidth':
      return commands.override({ bandwidthMiBps: input.bandwidthMiBps }, scheduledTimestampMs);
  }
}

/** False if libvirt has no outgoing job of the guest. */
async function carryOut(
  deps: HostDeps,
  guest: string,
  job: RunningJob | undefined,
  command: JobCommand,
): Promise<boolean> {
  const { hypervisor } = deps;
  if (command.command === 'abort') return abortOutgoing(deps, guest, false);
  if (!isOutgoing(await hypervisor.observe(guest))) return false;
  if (command.command === 'setMaxDowntime') {
    await hypervisor.setMaxDowntime(guest, command.maxDowntimeMs);
    if (job) job.appliedDowntimeMs = command.maxDowntimeMs;
  } else {
    await hypervisor.setBandwidth(guest, command.bandwidthMiBps);
    if (job) job.appliedBandwidthMiBps = command.bandwidthMiBps;
  }
  return true;
}

/** The job may end between the look and the command; then libvirt's refusal only says that. */
async function unlessGone(
  { hypervisor }: HostDeps,
  guest: string,
  step: () => Promise<boolean>,
): Promise<boolean> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof HypervisorError) || error.connectionLost) throw error;
    if (isOutgoing(await hypervisor.observe(guest))) throw error;
    return false;
  }
}

/** Null when the job has gone meanwhile: a command that was taken is success, with or without figures. */
async function progressNow(
  { hypervisor }: HostDeps,
  guest: string,
  job: RunningJob | undefined,
): Promise<JobCommandOutcome['progress']> {
  const stats = await lookAtJob(hypervisor, guest).catch(() => undefined);
  return stats === undefined ? null : jobProgress(stats, job, stats.elapsedMs);
}

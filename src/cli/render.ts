/** Text for people: the live line, the timeline, the failed checks. Pure. */
import { pc } from './colours';
import type { FailedCheck, MigrationResult, Stage } from '../contract';
import { adviceFor } from './error-guide';
import type { MigrationSnapshot } from '../temporal/snapshot';

const STAGE_WORDS: Record<Stage, string> = {
  inspect: 'check the source',
  claim: 'check the destination, claim mdevs',
  migrate: 'migrate',
  finalize: 'finalize on the destination',
  cleanup: 'clean up the source',
};

/** One line on what goes on now. libvirt counts RAM only: bytes, and no percentage that would mislead. */
export function progressLine(seen: MigrationSnapshot): string {
  return seen.trouble === null ? standing(seen) : `${standing(seen)}; ${seen.trouble}`;
}

function standing({ status, progress, job, pending }: MigrationSnapshot): string {
  if (status !== 'RUNNING') return status.toLowerCase();
  if (progress?.attention)
    return `${progress.attention.kind}: ${progress.attention.why}; say where the guest is: vgpu-ferry resolve --help`;
  if (progress?.waitingFor) return `${progress.stage}: waiting for ${progress.waitingFor}`;
  if (job)
    return `migrate: ${job.phase}, ${mib(job.bytesSent)} of ${mib(job.bytesTotal)} MiB RAM sent, ${mib(job.bytesRemaining)} left, ${job.mibPerSec} MiB/s, pass ${job.iteration}${vfio(job.vfioBytes)}${limit(job.maxDowntimeMs)}`;
  return progress
    ? `${progress.stage}: ${pending.join(', ') || 'working'}`
    : `waiting for an orchestrator (${pending.join(', ') || 'no step pending'})`;
}

export function timeline(result: MigrationResult): string {
  const total = result.stages.reduce((sum, { ms }) => sum + ms, 0);
  const longest = Math.max(1, ...result.stages.map(({ ms }) => ms));
  const rows = result.stages.map(({ stage, ms }) => {
    const bar = '█'.repeat(Math.max(1, Math.round((ms / longest) * 24)));
    return `  ${STAGE_WORDS[stage].padEnd(36)} ${seconds(ms).padStart(8)}  ${pc.cyan(bar)}`;
  });
  return [pc.bold('Timeline'), ...rows, `  ${'in all'.padEnd(36)} ${seconds(total).padStart(8)}`].join('\n');
}

export function arrival(result: MigrationResult): string {
  const devices = result.mdevs.map(
    ({ type, source, target }) => `  ${type.padEnd(14)} ${target}  ${pc.dim(`(was ${source})`)}`,
  );
  const downtime = result.job?.downtimeMs;
  return [
    `${pc.green('Done.')} Guest ${pc.bold(result.guestName)} (${result.guest}) runs on ${pc.bold(result.runsOn)}.`,
    ...(devices.length > 0 ? [pc.bold('Mediated devices'), ...devices] : []),
    ...(typeof downtime === 'number'
      ? [`Downtime as libvirt counts it: ${downtime} ms (switchover: ${result.switchover})`]
      : []),
    ...(result.abortWasTooLate
      ? [pc.yellow('An abort was asked for after the switchover, when there was no way back.')]
      : []),
    ...result.warnings.map((warning) => pc.yellow(`Warning: ${warning}`)),
  ].join('\n');
}

export function failure(type: string, message: string, checks: FailedCheck[] | undefined): string {
  if (!checks?.length) return [`${pc.red(type)}: ${message}`, ...adviceRows(type)].join('\n');
  return [
    `${pc.red(type)}: ${checks.length} check(s) failed; nothing was touched.`,
    ...checkRows(checks),
  ].join('\n');
}

function adviceRows(type: string): string[] {
  const advice = adviceFor(type);
  return advice ? [`  the guest:  ${advice.guest}`, `  what to do: ${advice.next}`] : [];
}

export function checkRows(checks: readonly FailedCheck[]): string[] {
  return checks.map(
    ({ host, check, found, required, fix }) =>
      `  ${pc.bold(host)} ${check}\n    found:    ${found}\n    required: ${required}\n    fix:      ${fix}`,
  );
}

function mib(bytes: number): string {
  return String(Math.round(bytes / 1_048_576));
}

function vfio(bytes: number | null): string {
  return bytes === null ? '' : `, ${bytes} B of vGPU state`;
}

function limit(maxDowntimeMs: number | undefined): string {
  return maxDowntimeMs === undefined ? '' : `, downtime limit ${maxDowntimeMs} ms`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

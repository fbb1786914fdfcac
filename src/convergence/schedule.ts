/** The downtime's schedule, computed from libvirt's own time of the job: an agent that starts anew goes on with it. */
import type { ConvergencePolicy } from '../contract';

const BYTES_PER_GIB = 2 ** 30;
const MIB_PER_GIB = 2 ** 10;

/** Nova counts at least so much (`_live_migration_data_gb`): a small guest must not race through its steps. */
const LEAST_GIB = 2;

type Steps = Pick<
  ConvergencePolicy,
  'initialDowntimeMs' | 'maxDowntimeMs' | 'downtimeSteps' | 'downtimeStepSecondsPerGiB'
>;

/** What the policy's times are counted by: RAM and framebuffer. */
export function dataGiB(ramBytes: number, framebufferMiB: number): number {
  return Math.max(LEAST_GIB, ramBytes / BYTES_PER_GIB + framebufferMiB / MIB_PER_GIB);
}

/**
 * Longest stop that QEMU may plan for at this time of the job. Nova's `downtime_steps`: equal steps, equally far apart;
 * only that they begin at a downtime of our choice, not at the maximum divided by the steps.
 */
export function downtimeAt(policy: Steps, elapsedMs: number, gib: number): number {
  const { initialDowntimeMs, maxDowntimeMs, downtimeSteps } = policy;
  if (maxDowntimeMs <= initialDowntimeMs) return maxDowntimeMs;
  const delayMs = stepDelayMs(policy, gib);
  const taken = delayMs === 0 ? downtimeSteps : Math.min(downtimeSteps, Math.floor(elapsedMs / delayMs));
  return initialDowntimeMs + Math.round(((maxDowntimeMs - initialDowntimeMs) * taken) / downtimeSteps);
}

/** Time of the job at which the last step is taken. */
export function stepsEndMs(policy: Steps, gib: number): number {
  const none = policy.maxDowntimeMs <= policy.initialDowntimeMs;
  return none ? 0 : policy.downtimeSteps * stepDelayMs(policy, gib);
}

function stepDelayMs(policy: Steps, gib: number): number {
  return policy.downtimeStepSecondsPerGiB * gib * 1000;
}

/** How a migration shall go: every field has a default, and which value counts is decided here. */

import type { JobOverrides } from './commands';

/** How a guest is started on the target. See docs/concepts.md, "The switchover". */
export type SwitchoverPolicy = 'fenced' | 'libvirt';

/** What happens to the source's devices after the guest has left. Only devices that we created are ever removed. */
export type SourceMdevPolicy = 'remove' | 'keep';

/** What happens when a timeout strikes: the guest stays, or it takes a longer stop. */
export type TimeoutAction = 'abort' | 'force-complete';

/** How the job is brought to converge; a profile of a vGPU type can set these. See docs/policies.md. */
export interface ConvergencePolicy {
  /** Longest stop that QEMU may plan for when the job begins, in milliseconds. */
  initialDowntimeMs: number;
  /** Longest stop that the steps lead to, in milliseconds. At or below `initialDowntimeMs`: no steps. */
  maxDowntimeMs: number;
  /** Equal steps from the initial to the maximum downtime. */
  downtimeSteps: number;
  /** Seconds between two steps, for each GiB of RAM and framebuffer. */
  downtimeStepSecondsPerGiB: number;
  /** Seconds that the job may take until the switchover, for each GiB of RAM and framebuffer; 0 = no limit. */
  completionTimeoutSecondsPerGiB: number;
  /** Seconds without less memory left to send than ever before, counted once the steps are at their end; 0 = no limit. */
  progressTimeoutSeconds: number;
  onTimeout: TimeoutAction;
  /** Maximum downtime that forcing completion sets, in milliseconds. */
  forceCompleteDowntimeMs: number;
}

/** Every field has a default; see `DEFAULT_POLICY`. */
export interface MigrationPolicy extends ConvergencePolicy {
  /** Limit of the migration's traffic in MiB/s; 0 = no limit of ours. */
  bandwidthMiBps: number;
  /** `fenced`: the target starts only when the source's copy is known to be gone. */
  switchover: SwitchoverPolicy;
  /** Handling of the mdevs that stay behind on the source. */
  sourceMdevs: SourceMdevPolicy;
}

/**
 * 300 ms is libvirt's own maximum downtime, 500 ms Nova's (live_migration_downtime), whose ten steps these are; 150 s per
 * GiB and 150 s without progress are KubeVirt's (completionTimeoutPerGiB, progressTimeout). Steps come sooner than Nova's
 * 75 s per GB: the last has to come before the completion timeout.
 */
export const DEFAULT_POLICY: Readonly<MigrationPolicy> = {
  initialDowntimeMs: 300,
  maxDowntimeMs: 500,
  downtimeSteps: 10,
  downtimeStepSecondsPerGiB: 10,
  completionTimeoutSecondsPerGiB: 150,
  progressTimeoutSeconds: 150,
  onTimeout: 'abort',
  forceCompleteDowntimeMs: 30_000,
  bandwidthMiBps: 0,
  switchover: 'fenced',
  sourceMdevs: 'remove',
};

/** What counts: what the client asked for, then the profile of the guest's vGPU types, then the defaults. */
export function effectivePolicy(
  asked: Partial<MigrationPolicy>,
  profile: Partial<ConvergencePolicy> | null,
): MigrationPolicy {
  const merged = { ...DEFAULT_POLICY, ...profile, ...asked };
  return { ...merged, initialDowntimeMs: Math.min(merged.initialDowntimeMs, merged.maxDowntimeMs) };
}

/** The longest stop that QEMU may have been allowed to plan for. */
export function allowedDowntimeMs(policy: MigrationPolicy, { maxDowntimeMs }: JobOverrides): number {
  const forced = policy.onTimeout === 'force-complete' ? policy.forceCompleteDowntimeMs : 0;
  return Math.max(policy.maxDowntimeMs, policy.initialDowntimeMs, forced, maxDowntimeMs ?? 0);
}

/** A migration's policy on the command line: an option a field. */
import { type Command, Option } from 'commander';
import type { MigrationPolicy } from '../contract';
import { wholeNumber } from './whole-number';

export interface PolicyOptions {
  initialDowntime?: number;
  maxDowntime?: number;
  downtimeSteps?: number;
  stepSeconds?: number;
  completionTimeout?: number;
  progressTimeout?: number;
  onTimeout?: MigrationPolicy['onTimeout'];
  forceDowntime?: number;
  bandwidth?: number;
  switchover?: MigrationPolicy['switchover'];
  sourceMdevs?: MigrationPolicy['sourceMdevs'];
}

export function addPolicyOptions(command: Command): void {
  command
    .option(
      '--initial-downtime <ms>',
      'longest stop that QEMU may plan for at first (default 300)',
      wholeNumber,
    )
    .option('--max-downtime <ms>', 'longest stop that the steps lead to (default 500)', wholeNumber)
    .option('--downtime-steps <n>', 'steps from the one to the other (default 10)', wholeNumber)
    .option(
      '--step-seconds <s>',
      'seconds between steps for each GiB of RAM and framebuffer (default 10)',
      wholeNumber,
    )
    .option(
      '--completion-timeout <s>',
      'seconds until the switchover for each GiB of RAM and framebuffer; 0 = no limit (default 150)',
      wholeNumber,
    )
    .option(
      '--progress-timeout <s>',
      'seconds without progress after the last step; 0 = no limit (default 150)',
      wholeNumber,
    )
    .addOption(
      new Option(
        '--on-timeout <action>',
        'abort: the guest stays (default); force-complete: it takes the stop of --force-downtime',
      ).choices(['abort', 'force-complete']),
    )
    .option(
      '--force-downtime <ms>',
      'maximum downtime that forcing completion sets (default 30000)',
      wholeNumber,
    )
    .option('--bandwidth <MiB/s>', "limit of the migration's traffic; 0 = none (default)", wholeNumber)
    .addOption(
      new Option(
        '--switchover <policy>',
        "fenced: the target starts only when the source's copy is known to be gone (default); libvirt: as libvirt does it",
      ).choices(['fenced', 'libvirt']),
    )
    .addOption(
      new Option(
        '--source-mdevs <policy>',
        'what happens to devices on the source that we had created: remove (default) or keep',
      ).choices(['remove', 'keep']),
    );
}

/** Only what was asked for: a profile of the guest's vGPU type, and the defaults, fill in the rest. */
export function policyOf(options: PolicyOptions): Partial<MigrationPolicy> {
  const asked: { [Field in keyof MigrationPolicy]: MigrationPolicy[Field] | undefined } = {
    initialDowntimeMs: options.initialDowntime,
    maxDowntimeMs: options.maxDowntime,
    downtimeSteps: options.downtimeSteps,
    downtimeStepSecondsPerGiB: options.stepSeconds,
    completionTimeoutSecondsPerGiB: options.completionTimeout,
    progressTimeoutSeconds: options.progressTimeout,
    onTimeout: options.onTimeout,
    forceCompleteDowntimeMs: options.forceDowntime,
    bandwidthMiBps: options.bandwidth,
    switchover: options.switchover,
    sourceMdevs: options.sourceMdevs,
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

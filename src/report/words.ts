/** What a step gave back, in words. A result may come from an agent of another version: what is not as expected is left out. */
import type {
  Claim,
  GuestOnHost,
  JobCommandOutcome,
  JobDecision,
  MigrateOutcome,
  SourceFacts,
} from '../contract';
import { formatVersion } from '../checks';

type Loose<T> = { [K in keyof T]?: T[K] | undefined };

const WORDS: Record<string, (result: never) => string> = {
  inspectSource: ({ versions, mdevs, persistent, way, failed }: Loose<SourceFacts>) =>
    sentence([
      versions &&
        `libvirt ${formatVersion(versions.libvirt)}, QEMU ${formatVersion(versions.qemu)}, Linux ${versions.kernel}`,
      mdevs && `${mdevs.length} mdev(s): ${mdevs.map(({ type }) => type ?? 'of unknown type').join(', ')}`,
      persistent === undefined ? undefined : persistent ? 'persistent guest' : 'transient guest',
      way && `libvirt by ${way.libvirt}, memory ${way.memory === 'tls' ? 'over TLS' : 'unencrypted'}`,
      failed && failed.length > 0 ? `${failed.length} check(s) failed` : 'all checks passed',
    ]),
  claimOnDestination: ({ mdevs = [] }: Loose<Claim>) => {
    const made = mdevs.filter(({ created }) => created).length;
    return mdevs.length === 0
      ? 'all checks passed; no mdev needed'
      : `all checks passed; ${mdevs.length} mdev(s) claimed, ${made} of them made for it`;
  },
  migrateGuest: ({ job, adopted, decisions = [] }: Loose<MigrateOutcome>) =>
    sentence([
      ...decisions.map(decisionInWords),
      job?.downtimeMs == null ? undefined : `downtime ${job.downtimeMs} ms as libvirt counts it`,
      job?.bytes == null ? undefined : `${Math.round(job.bytes / 1_048_576)} MiB sent`,
      job?.elapsedMs == null ? undefined : `job of ${(job.elapsedMs / 1000).toFixed(1)} s`,
      adopted ? 'a job that was found under way' : undefined,
    ]),
  observeGuest: guestInWords,
  watchGuest: guestInWords,
  actOnGuest: guestInWords,
  controlJob: ({ done }: Loose<JobCommandOutcome>) =>
    done === 'no-job' ? 'libvirt had no job of this guest' : 'libvirt has it',
  finalizeOnDestination: warningsInWords,
  cleanUpSource: warningsInWords,
  releaseClaim: warningsInWords,
};

export function resultInWords(step: string, result: unknown): string {
  if (result === null || result === undefined) return '';
  try {
    return WORDS[step]?.(result as never) ?? '';
  } catch {
    return '';
  }
}

function decisionInWords({ atMs, maxDowntimeMs, forced }: JobDecision): string {
  const given = `after ${(atMs / 1000).toFixed(1)} s a maximum downtime of ${maxDowntimeMs} ms`;
  return forced === undefined ? given : `completion forced, ${given}: ${forced}`;
}

function guestInWords(guest: GuestOnHost): string {
  if (guest.state === 'absent') return 'the guest is not there';
  if (guest.state === 'shut-off') return `shut off (${guest.reason})`;
  return `${guest.state} (${guest.reason})${guest.job === 'none' ? '' : `, ${guest.job} job`}`;
}

function warningsInWords(warnings: readonly string[]): string {
  return warnings.length === 0 ? '' : `warnings: ${warnings.join('; ')}`;
}

function sentence(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join('; ');
}

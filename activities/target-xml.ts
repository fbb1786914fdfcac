/** The two documents that libvirt needs for the target, made and checked on the source; they go to libvirt only. */
import { ApplicationFailure } from '@temporalio/activity';
import { type MigrateInput, ErrorType } from '../src/contract';
import { domainDigest, rewriteMdevs } from '../src/domain-xml';
import type { Hypervisor } from '../src/hypervisor/port';

export interface TargetXml {
  live: string;
  /** Null for a transient guest. */
  persistent: string | null;
}

/** `persistent`: whether the guest has a definition now. */
export async function makeTargetXml(
  hypervisor: Hypervisor,
  input: MigrateInput,
  persistent: boolean,
): Promise<TargetXml> {
  const { guest } = input.migration;
  const mapping = new Map(input.mdevs.map(({ source, target }) => [source, target]));
  requireUnchanged(
    guest,
    'definition',
    input.persistent ? 'persistent' : 'transient',
    persistent ? 'persistent' : 'transient',
  );
  const [now, live, inactive] = await Promise.all([
    hypervisor.domainXml(guest, 'live'),
    hypervisor.domainXml(guest, 'migratable'),
    persistent ? hypervisor.domainXml(guest, 'migratable-inactive') : null,
  ]);
  requireUnchanged(guest, 'digest', input.xmlDigest, domainDigest(now));
  return {
    live: rewriteMdevs(live, mapping),
    persistent: inactive === null ? null : rewriteMdevs(inactive, mapping),
  };
}

function requireUnchanged(guest: string, what: string, inspected: string, now: string): void {
  if (inspected === now) return;
  throw ApplicationFailure.nonRetryable(
    `Guest ${guest} was changed after it was inspected (${what} found ${now.slice(0, 12)}, required ${inspected.slice(0, 12)}). Nothing was moved; start the migration again.`,
    ErrorType.GuestChanged,
  );
}

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

export async function makeTargetXml(hypervisor: Hypervisor, input: MigrateInput): Promise<TargetXml> {
  const { guest } = input.migration;
  const mapping = new Map(input.mdevs.map(({ source, target }) => [source, target]));
  const persistent = (await hypervisor.domain(guest))?.persistent === true;
  requireUnchanged(
    guest,
    'definition',
    input.persistent ? 'persistent' : 'transient',
    persistent ? 'persistent' : 'transient',
  );
  requireUnchanged(guest, 'digest', input.xmlDigest, domainDigest(await hypervisor.domainXml(guest, 'live')));
  return {
    live: rewriteMdevs(await hypervisor.domainXml(guest, 'migratable'), mapping),
    persistent: input.persistent
      ? rewriteMdevs(await hypervisor.domainXml(guest, 'migratable-inactive'), mapping)
      : null,
  };
}

function requireUnchanged(guest: string, what: string, inspected: string, now: string): void {
  if (inspected === now) return;
  throw ApplicationFailure.nonRetryable(
    `Guest ${guest} was changed after it was inspected (${what} found ${now.slice(0, 12)}, required ${inspected.slice(0, 12)}). Nothing was moved; start the migration again.`,
    ErrorType.GuestChanged,
  );
}

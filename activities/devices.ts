/** The host's mediated devices as the steps handle them: what is used, made, undone, recycled. */
import { ApplicationFailure } from '@temporalio/activity';
import { ErrorType } from '../src/contract';
import { DomainXmlError, readMdevs } from '../src/domain-xml';
import type { ClaimRecord, UndoOutcome } from '../src/claims';
import {
  type DomainSummary,
  type Hypervisor,
  HypervisorError,
  type MdevDevice,
  type XmlKind,
} from '../src/hypervisor/port';
import type { HostDeps } from './deps';

/** A domain with its mdevs in the order of its XML; null = it has no such form. */
export interface DomainMdevs extends DomainSummary {
  live: string[] | null;
  inactive: string[] | null;
}

export async function mdevsByDomain(hypervisor: Hypervisor): Promise<DomainMdevs[]> {
  const domains: DomainMdevs[] = [];
  for (const domain of await hypervisor.listDomains()) {
    const { uuid, running, persistent } = domain;
    // a domain at a time: what is urgent must not wait behind all of them
    const [live, inactive] = await Promise.all([
      running ? mdevsOf(hypervisor, uuid, 'live') : null,
      persistent ? mdevsOf(hypervisor, uuid, 'inactive') : null,
    ]);
    domains.push({ ...domain, live, inactive });
  }
  return domains;
}

/** UUIDs in any domain's XML, running or not, in its live and in its persistent form. */
export async function mdevsInDomains(hypervisor: Hypervisor): Promise<Set<string>> {
  return uuidsIn(await mdevsByDomain(hypervisor));
}

export function uuidsIn(domains: readonly DomainMdevs[]): Set<string> {
  return new Set(domains.flatMap(({ live, inactive }) => [...(live ?? []), ...(inactive ?? [])]));
}

/** A domain that can't be read may use any device: so nothing is handed out or undone until it can. */
async function mdevsOf(hypervisor: Hypervisor, uuid: string, kind: XmlKind): Promise<string[]> {
  try {
    return readMdevs(await hypervisor.domainXml(uuid, kind));
  } catch (error) {
    if (!(error instanceof DomainXmlError)) throw error;
    throw ApplicationFailure.retryable(
      `The ${kind} XML of domain ${uuid} cannot be read: ${error.message}`,
      ErrorType.Mdev,
    );
  }
}

export async function findMdev(hypervisor: Hypervisor, uuid: string): Promise<MdevDevice | undefined> {
  return (await hypervisor.listMdevs()).find((device) => device.uuid === uuid);
}

/**
 * Makes the device of a claim's record; there already, as the record has it, is success. One whose UUID is new is looked for
 * nowhere.
 */
export async function makeDevice(
  hypervisor: Hypervisor,
  record: ClaimRecord,
  { persistent, isNew }: { persistent: boolean; isNew: boolean },
): Promise<void> {
  const device = isNew ? undefined : await findMdev(hypervisor, record.target);
  if (device?.active) return;
  if (device) await hypervisor.destroyMdev(device.uuid); // defined only: a creation that was cut short
  await hypervisor.createMdev({ uuid: record.target, type: record.type, parent: record.parent, persistent });
}

/**
 * Undoes a claimed device: one that we created goes; one that was here is made anew if an incoming migration was tried
 * on it, since the driver may have left it stuck, and nothing shows which ones are. One that can't be mended is set aside, and one
 * that libvirt has refused.
 */
export async function undoDevice(
  { hypervisor, log }: HostDeps,
  record: ClaimRecord,
  { recycle, refusal }: { recycle: boolean; refusal?: string | undefined },
): Promise<UndoOutcome> {
  if (record.created) {
    await hypervisor.destroyMdev(record.target);
    return { done: true };
  }
  const device = await findMdev(hypervisor, record.target);
  if (!recycle) return { done: true };
  await hypervisor.destroyMdev(record.target);
  try {
    await hypervisor.createMdev({
      uuid: record.target,
      type: record.type,
      parent: record.parent,
      persistent: device?.persistent ?? false,
    });
    return refusal?.includes(record.target)
      ? { done: false, quarantine: heldByDaemon(refusal) }
      : { done: true };
  } catch (error) {
    if (error instanceof HypervisorError && error.connectionLost) throw error; // the daemon, not the device: try again
    log.warn(
      { mdev: record.target, error: String(error) },
      'a device could not be recycled; it is set aside',
    );
    return { done: false, quarantine: `recycling it failed: ${String(error)}` };
  }
}

/**
 * No domain uses the device, and libvirt refuses it all the same: its daemon can still hold it for a guest whose QEMU died at
 * Finish (seen with 11.3), until it is restarted. Handed out again, it would be refused again.
 */
function heldByDaemon(refusal: string): string {
  return `${refusal}. No domain of this host uses it: restart libvirt's daemon here (guests run on), then remove this record`;
}

/** Operations on domains, as the connection's thread runs them: synchronous calls, plain values in and out. */
import type { GuestOnHost } from '../../contract';
import type { DomainInfo, DomainSummary, XmlKind } from '../port';
import {
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PAUSED_USER,
  VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA,
  VIR_DOMAIN_UNDEFINE_KEEP_NVRAM,
  VIR_DOMAIN_UNDEFINE_KEEP_TPM,
  VIR_DOMAIN_UNDEFINE_MANAGED_SAVE,
  VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA,
  VIR_DOMAIN_XML_INACTIVE,
  VIR_DOMAIN_XML_MIGRATABLE,
  VIR_DOMAIN_XML_SECURE,
  VIR_UUID_STRING_BUFLEN,
} from './constants';
import {
  checked,
  type Context,
  domainOf,
  NO_SUCH_DOMAIN,
  ownedList,
  present,
  unless,
  written,
} from './context';
import { stateAndReason } from './domain-state';
import { jobKindOf } from './job-operations';
import type { Handle } from './library';
import { guestOnHost } from './states';

const XML_FLAGS: Readonly<Record<XmlKind, number>> = {
  live: 0,
  inactive: VIR_DOMAIN_XML_INACTIVE,
  migratable: VIR_DOMAIN_XML_MIGRATABLE | VIR_DOMAIN_XML_SECURE,
  'migratable-inactive': VIR_DOMAIN_XML_MIGRATABLE | VIR_DOMAIN_XML_SECURE | VIR_DOMAIN_XML_INACTIVE,
};

/** Also removes what would make libvirt refuse; the guest's firmware variables and TPM state may be the target's now. */
const UNDEFINE_FLAGS =
  VIR_DOMAIN_UNDEFINE_MANAGED_SAVE |
  VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
  VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA |
  VIR_DOMAIN_UNDEFINE_KEEP_NVRAM;

/** libvirt 8.9.0: older daemons refuse the flag. */
const KEEP_TPM_SINCE = 8_009_000;

export function versions(context: Context): { libvirt: number; qemu: number } {
  const { library, connection } = context;
  return {
    libvirt: Number(written<number>(context, 0, (out) => library.virConnectGetLibVersion(connection, out))),
    qemu: Number(written<number>(context, 0, (out) => library.virConnectGetVersion(connection, out))),
  };
}

export function listDomains(context: Context): DomainSummary[] {
  const { library, connection } = context;
  const domains = ownedList(
    context,
    (out) => library.virConnectListAllDomains(connection, out, 0),
    (domain) => library.virDomainFree(domain),
  );
  // One of them may go while the list is read.
  return domains
    .map((domain) => unless(NO_SUCH_DOMAIN, () => summaryOf(context, domain)))
    .filter((summary) => summary !== undefined);
}

export function domainInfo(context: Context, guest: string): DomainInfo | undefined {
  return unless(NO_SUCH_DOMAIN, () => {
    const domain = domainOf(context, guest);
    const autostart = written<number>(context, 0, (out) =>
      context.library.virDomainGetAutostart(domain, out),
    );
    return { ...summaryOf(context, domain), autostart: autostart === 1 };
  });
}

function summaryOf(context: Context, domain: Handle): DomainSummary {
  const { library } = context;
  return {
    uuid: uuidOf(context, domain),
    name: present(context, library.virDomainGetName(domain)),
    running: checked(context, library.virDomainIsActive(domain)) === 1,
    persistent: isPersistent(context, domain),
  };
}

function uuidOf(context: Context, domain: Handle): string {
  const room = '\0'.repeat(VIR_UUID_STRING_BUFLEN);
  return written(context, room, (out) => context.library.virDomainGetUUIDString(domain, out));
}

function isPersistent(context: Context, domain: Handle): boolean {
  return checked(context, context.library.virDomainIsPersistent(domain)) === 1;
}

export function observe(context: Context, guest: string): GuestOnHost {
  return unless(NO_SUCH_DOMAIN, () => stateOf(context, domainOf(context, guest))) ?? { state: 'absent' };
}

/**
 * The job is asked for before the state: a job that ends between the two calls is then reported with the state that it
 * left behind, at worst as still running, never the other way round (settled, with a state from before its end).
 */
function stateOf(context: Context, domain: Handle): GuestOnHost {
  const job = jobKindOf(context, domain);
  const [state, reason] = stateAndReason(context, domain);
  const active = checked(context, context.library.virDomainIsActive(domain)) === 1;
  return guestOnHost({ state, reason, active, job, persistent: isPersistent(context, domain) });
}

export function domainXml(context: Context, guest: string, kind: XmlKind): string {
  const domain = domainOf(context, guest);
  return present(context, context.library.virDomainGetXMLDesc(domain, XML_FLAGS[kind]));
}

export function resume(context: Context, guest: string): void {
  checked(context, context.library.virDomainResume(domainOf(context, guest)));
}

/** On one handle, since each call is a round trip while the guest stands still; the job is asked for first, as above. */
export function resumeIfHeld(context: Context, guest: string): boolean {
  const held = unless(NO_SUCH_DOMAIN, () => {
    const domain = domainOf(context, guest);
    const job = jobKindOf(context, domain);
    const [state, reason] = stateAndReason(context, domain);
    return job === 'none' && state === VIR_DOMAIN_PAUSED && reason === VIR_DOMAIN_PAUSED_USER && domain;
  });
  if (!held) return false;
  checked(context, context.library.virDomainResume(held));
  return true;
}

export function destroy(context: Context, guest: string): void {
  checked(context, context.library.virDomainDestroy(domainOf(context, guest)));
}

export function setAutostart(context: Context, guest: string, on: boolean): void {
  checked(context, context.library.virDomainSetAutostart(domainOf(context, guest), on ? 1 : 0));
}

/** A transient domain has no definition, so there is nothing left to do for it. */
export function undefine(context: Context, guest: string): void {
  unless(NO_SUCH_DOMAIN, () => {
    const domain = domainOf(context, guest);
    if (!isPersistent(context, domain)) return;
    checked(context, context.library.virDomainUndefineFlags(domain, undefineFlags(context)));
  });
}

function undefineFlags(context: Context): number {
  return versions(context).libvirt >= KEEP_TPM_SINCE
    ? UNDEFINE_FLAGS | VIR_DOMAIN_UNDEFINE_KEEP_TPM
    : UNDEFINE_FLAGS;
}

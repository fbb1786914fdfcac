/** What this host has to give: which devices are taken, which are free, and how much room its parents have for new ones. */
import type { MdevDevice, MdevTypeOffer } from '../hypervisor/port';

/** A claimed device, as the ledger tells of it. */
export interface ClaimedDevice {
  target: string;
  parent: string;
  type: string;
  created: boolean;
}

export interface LedgerView {
  claims: readonly ClaimedDevice[];
  quarantined: readonly { uuid: string | null }[];
}

export interface HostMdevs {
  offers: readonly MdevTypeOffer[];
  devices: readonly MdevDevice[];
  /** See `inUse`. */
  inUse: ReadonlySet<string>;
  claims: readonly ClaimedDevice[];
}

/** A parent that offers a type, with the host's own count of further instances. */
export interface Place {
  parent: string;
  available: number;
}

/**
 * UUIDs that must not be handed out: of the mdevs in any domain's XML, running or not, and of all that the ledger claims
 * or has in quarantine. That no process has a device open proves nothing, and sysfs can be silent about one in use.
 */
export function inUse(domainMdevs: Iterable<string>, ledger: LedgerView): Set<string> {
  const quarantined = ledger.quarantined.flatMap(({ uuid }) => uuid ?? []);
  return new Set(
    [...domainMdevs, ...ledger.claims.map(({ target }) => target), ...quarantined].map(lowerCase),
  );
}

/**
 * Active devices of the type that nobody uses, in the order they are handed out. Those that are only defined are left
 * alone: somebody decided that they shall not run, and a new one costs no more than starting an old one.
 */
export function freeDevices(host: HostMdevs, type: string): MdevDevice[] {
  return host.devices
    .filter((device) => device.active && device.type === type && !host.inUse.has(lowerCase(device.uuid)))
    .sort((a, b) => byName(a.parent, b.parent) || byName(a.uuid, b.uuid));
}

/** Claims whose device is yet to be created: the parents' counts don't know of them. */
export function pendingCreations(host: HostMdevs): ClaimedDevice[] {
  const active = new Set(host.devices.filter((device) => device.active).map(({ uuid }) => lowerCase(uuid)));
  return host.claims.filter((claim) => claim.created && !active.has(lowerCase(claim.target)));
}

export function placesOf(host: HostMdevs, type: string): Place[] {
  return host.offers
    .filter((offer) => offer.type === type)
    .map((offer) => ({ parent: offer.parent, available: offer.availableInstances }));
}

/** Code unit order: the same on every host, whatever its locale. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function lowerCase(uuid: string): string {
  return uuid.toLowerCase();
}

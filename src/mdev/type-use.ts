/** What a host's devices are used for, type by type. Pure. */
import type { MdevTypeUse } from '../contract';
import type { MdevDevice, MdevTypeOffer } from '../hypervisor/port';
import { type LedgerView, byName } from './inventory';

export interface DeviceFacts {
  offers: readonly MdevTypeOffer[];
  devices: readonly MdevDevice[];
  /** UUIDs in any domain's XML, running or not, in lower case. */
  inDomains: ReadonlySet<string>;
  ledger: LedgerView;
}

type Count = 'used' | 'claimed' | 'quarantined' | 'free' | 'inactive';

export function typeUse(facts: DeviceFacts): MdevTypeUse[] {
  const types = new Set([...facts.offers, ...facts.devices, ...facts.ledger.claims].map(({ type }) => type));
  return [...types].sort(byName).map((type) => useOf(type, facts));
}

function useOf(type: string, facts: DeviceFacts): MdevTypeUse {
  const offers = facts.offers.filter((offer) => offer.type === type);
  const devices = facts.devices.filter((device) => device.type === type);
  const counts: Record<Count, number> = { used: 0, claimed: 0, quarantined: 0, free: 0, inactive: 0 };
  for (const device of devices) counts[standingOf(device, facts)]++;
  const made = new Set(devices.map(({ uuid }) => uuid.toLowerCase()));
  const toBeMade = facts.ledger.claims.filter((claim) => claim.type === type && !made.has(claim.target));
  return {
    type,
    name: offers.find(({ name }) => name !== null)?.name ?? null,
    parents: [...new Set([...offers, ...devices].map(({ parent }) => parent))].sort(byName),
    ...counts,
    claimed: counts.claimed + toBeMade.length,
    creatable: offers.reduce((sum, { availableInstances }) => sum + availableInstances, 0),
  };
}

/** A guest that has it outranks a claim, which is consumed a moment later. */
function standingOf({ uuid: spelt, active }: MdevDevice, { inDomains, ledger }: DeviceFacts): Count {
  const uuid = spelt.toLowerCase();
  if (inDomains.has(uuid)) return 'used';
  if (ledger.claims.some(({ target }) => target === uuid)) return 'claimed';
  if (ledger.quarantined.some((device) => device.uuid === uuid)) return 'quarantined';
  return active ? 'free' : 'inactive';
}

/** What a simulated fleet is made of: hosts in pairs, each pair a fleet of its own, so that simulating many costs no more for each. */
import { numberedUuid } from '../suites/documents';

export interface FleetPlan {
  pairs: number;
  guestsPerPair: number;
  mdevsPerGuest: number;
  /** Of a guest's XML, about; 0 = as small as the simulation makes them. */
  xmlBytes: number;
  /** Of guests that stay, on each destination. */
  othersOnDestination: number;
  /** In each destination's ledger, of migrations that are not over. */
  claimsInLedger: number;
}

export const SMALL_FLEET: FleetPlan = {
  pairs: 5,
  guestsPerPair: 1,
  mdevsPerGuest: 1,
  xmlBytes: 0,
  othersOnDestination: 0,
  claimsInLedger: 0,
};

/** Libvirt's host ids of a pair. */
export function hostsOf(pair: number): [source: string, destination: string] {
  return [`host-${pair}a`, `host-${pair}b`];
}

const GUEST = '6ae57000-0000-4000-8000-000000000000';
const MOST_IN_PAIR = 0x1_0000;

export function guestUuid(pair: number, index: number): string {
  return numberedUuid(GUEST, pair * MOST_IN_PAIR + index + 1);
}

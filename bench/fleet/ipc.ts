/** What a forked process of ours and we say to each other. */
import type { FleetPlan } from './plan';

export interface FarmSettings {
  address: string;
  plan: FleetPlan;
  /** Of the ledgers. */
  folder: string;
}

/** The processes say `ready` first, then answer each `placement`. */
export type FromChild = { say: 'ready' } | { say: 'placement'; placement: Placement };
export interface ToChild {
  ask: 'placement';
}

export interface Placement {
  /** By guest, the hosts on which it runs: one each, if all is well. */
  runsOn: Record<string, string[]>;
  /** Moments at which a second copy of a guest began to run. */
  doubleRuns: number;
}

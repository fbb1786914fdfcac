/**
 * Who owns the guest. The workflow acts by the table only: the row that fits both observations decides. A row asks for at
 * most one act; after it both hosts are observed anew and the table is read again, so that an act's effect is always seen
 * before the next step.
 */
import type { GuestAct, GuestOnHost, SideObservation, StateReason } from '../src/contract';
import {
  type Owner,
  type OwnershipContext,
  type Row,
  type SideClass,
  OWNERSHIP_TABLE,
} from './ownership-table';

export interface Decision {
  owner: Owner;
  /** Which row decided, in words. */
  why: string;
  /** The one thing to do before the verdict is final; null = final for this round. */
  act: { on: 'source' | 'destination'; act: GuestAct; expect: GuestOnHost; byOperator?: boolean } | null;
}

export function decideOwner(
  source: SideObservation,
  destination: SideObservation,
  context: OwnershipContext,
): Decision {
  const [s, d] = [classify(source), classifyDestination(destination)];
  const row = rowsFor(s, d, context)[0];
  if (!row) return { owner: 'unknown', why: `no rule for source ${s}, destination ${d}`, act: null };
  if (!row.act) return { owner: row.owner, why: row.why, act: null };
  const [on, act] = row.act;
  const expect = (on === 'source' ? source : destination) as GuestOnHost;
  return { owner: row.owner, why: row.why, act: { on, act, expect } };
}

/** One, unless the table is broken: its tests see to that. */
export function rowsFor(source: SideClass, destination: SideClass, context: OwnershipContext): Row[] {
  return OWNERSHIP_TABLE.filter(
    (row) => row.source.includes(source) && row.destination.includes(destination) && fits(row.when, context),
  );
}

function fits(when: Partial<OwnershipContext>, context: OwnershipContext): boolean {
  return Object.entries(when).every(([name, value]) => context[name as keyof OwnershipContext] === value);
}

/** The source owns the guest for now: it may go on there from this moment, and any other copy grows stale. */
export function sourceRuns(source: SideObservation): boolean {
  return ['running', 'held'].includes(classify(source));
}

export function classify(side: SideObservation): SideClass {
  switch (side.state) {
    case 'unreachable':
    case 'absent':
      return side.state;
    case 'shut-off':
      return SHUT_OFF[side.reason] ?? 'ended';
    case 'running':
      return isMigrating(side) ? 'busy' : 'running';
    case 'paused':
      return classifyPaused(side);
  }
}

/** On the destination a copy that executes counts as running, whatever job it is in: it has passed the switchover. */
export function classifyDestination(side: SideObservation): SideClass {
  return side.state === 'running' ? 'running' : classify(side);
}

const SHUT_OFF: Partial<Record<StateReason, SideClass>> = {
  migrated: 'left',
  destroyed: 'destroyed',
  daemon: 'lost',
};

type Present = Extract<GuestOnHost, { job: unknown }>;

function classifyPaused(side: Present): SideClass {
  if (isMigrating(side)) return 'busy';
  if (side.reason === 'migration' || side.reason === 'starting') return 'stopped';
  return side.reason === 'user' ? 'held' : 'running';
}

/** Another kind of job, such as a backup, is none of ours. */
function isMigrating(side: Present): boolean {
  return side.job === 'outgoing' || side.job === 'incoming';
}

/**
 * Who owns the guest: the one table that the workflow acts by (docs/concepts.md has it in words).
 *
 * The first row that fits both observations decides. A row asks for at most one act; after it both hosts are observed
 * anew and the table is read again, so that an act's effect is always seen before the next step.
 */
import type { GuestAct, GuestOnHost, SideObservation } from '../src/contract';

export type Owner = 'source' | 'destination' | 'ended' | 'in-flight' | 'unknown' | 'split-brain';

export interface Decision {
  owner: Owner;
  /** Which row decided, in words. */
  why: string;
  /** The one thing to do before the verdict is final; null = final for this round. */
  act: { on: 'source' | 'destination'; act: GuestAct; expect: GuestOnHost } | null;
}

export interface OwnershipContext {
  /** The guest's user had paused it: it is never resumed by us. */
  pausedByUser: boolean;
}

/** What a side comes to, as far as the table cares. */
export type SideClass =
  /** No answer: unknown. */
  | 'unreachable'
  | 'absent'
  /** Defined, not running: shut off (migrated). */
  | 'left'
  /** Defined, not running, for another reason: shut down by its user, crashed, destroyed. */
  | 'ended'
  /** A libvirt job is under way: to be waited for, or aborted. */
  | 'busy'
  /** Executes, or is paused for a reason that is not the migration's (its user, an I/O error). */
  | 'running'
  /** Paused by its user, or by the fence: complete, and no job is left. */
  | 'held'
  /** Paused by the migration: on the source past pre-copy, on the target before it has ever run. */
  | 'stopped';

interface Row {
  source: SideClass[];
  destination: SideClass[];
  owner: Owner;
  why: string;
  act?: [on: 'source' | 'destination', act: GuestAct];
  /** Only for a guest whose user had paused it, or only for one whose user had not. */
  pausedByUser?: boolean;
}

const GONE: SideClass[] = ['absent', 'left'];

/** design: one row a case; the order matters only where a comment says so. */
export const OWNERSHIP_TABLE: readonly Row[] = [
  {
    source: ['busy'],
    destination: ['absent', 'left', 'ended', 'busy', 'running', 'held', 'stopped', 'unreachable'],
    owner: 'in-flight',
    why: 'libvirt is still moving the guest',
  },

  {
    source: ['unreachable'],
    destination: ['running'],
    owner: 'destination',
    why: 'the guest runs on the destination; the source does not answer',
  },
  {
    source: ['unreachable'],
    destination: ['absent', 'left', 'ended', 'busy', 'held', 'stopped', 'unreachable'],
    owner: 'unknown',
    why: 'the source does not answer, and the guest does not run on the destination',
  },
  {
    source: ['absent', 'left', 'ended', 'running', 'held', 'stopped'],
    destination: ['unreachable'],
    owner: 'unknown',
    why: 'the destination does not answer',
  },

  {
    source: ['running'],
    destination: ['running'],
    owner: 'split-brain',
    why: 'both copies run: nothing is touched until an operator decides',
  },
  {
    source: ['held'],
    destination: ['running'],
    owner: 'split-brain',
    why: 'the destination runs and the source holds a copy that somebody paused: an operator has to decide',
  },

  {
    source: ['running', 'held'],
    destination: ['absent'],
    owner: 'source',
    why: 'the guest is on the source alone',
  },
  {
    source: ['running', 'held'],
    destination: ['busy', 'stopped', 'held'],
    owner: 'source',
    why: 'the guest is on the source; the copy on the destination has never run',
    act: ['destination', 'destroy'],
  },
  {
    source: ['running', 'held'],
    destination: ['left', 'ended'],
    owner: 'source',
    why: 'the guest is on the source; a definition was left on the destination',
    act: ['destination', 'undefine'],
  },

  {
    source: ['stopped'],
    destination: ['running'],
    owner: 'destination',
    why: 'the guest runs on the destination; the stopped copy on the source is stale',
    act: ['source', 'destroy'],
  },
  {
    source: ['stopped'],
    destination: ['absent'],
    owner: 'source',
    why: 'the only copy is the one stopped on the source',
    act: ['source', 'resume'],
  },
  {
    source: ['stopped'],
    destination: ['stopped'],
    owner: 'source',
    why: 'the copy on the destination has never run',
    act: ['destination', 'destroy'],
  },
  {
    source: ['stopped'],
    destination: ['held'],
    owner: 'destination',
    why: 'the move is complete and held by the fence; the copy on the source is stale',
    act: ['source', 'destroy'],
  },
  {
    source: ['stopped'],
    destination: ['busy'],
    owner: 'unknown',
    why: 'the destination still has an incoming job that libvirt has to end',
  },
  {
    source: ['stopped'],
    destination: ['left', 'ended'],
    owner: 'unknown',
    why: 'the guest has arrived on the destination and ended there, and a stopped copy is on the source',
  },

  {
    source: [...GONE, 'ended'],
    destination: ['running'],
    owner: 'destination',
    why: 'the guest runs on the destination alone',
  },
  {
    source: [...GONE, 'ended'],
    destination: ['busy'],
    owner: 'unknown',
    why: 'the source has no running copy, and the destination still has an incoming job',
  },
  {
    source: [...GONE, 'ended'],
    destination: ['held'],
    owner: 'destination',
    why: 'the only copy is held on the destination',
    act: ['destination', 'resume'],
    pausedByUser: false,
  },
  {
    source: [...GONE, 'ended'],
    destination: ['held'],
    owner: 'destination',
    why: 'the only copy is on the destination, paused as its user had left it',
    pausedByUser: true,
  },
  {
    source: GONE,
    destination: ['stopped'],
    owner: 'destination',
    why: 'the only copy is the one on the destination that has not been started',
    act: ['destination', 'resume'],
    pausedByUser: false,
  },
  {
    source: GONE,
    destination: ['stopped'],
    owner: 'destination',
    why: 'the only copy is on the destination, to stay paused',
    pausedByUser: true,
  },
  {
    source: ['ended'],
    destination: ['stopped'],
    owner: 'ended',
    why: 'the guest ended on the source; its copy on the destination is incomplete',
    act: ['destination', 'destroy'],
  },
  {
    source: [...GONE, 'ended'],
    destination: ['absent', 'left', 'ended'],
    owner: 'ended',
    why: 'the guest runs on neither host: it ended during the migration',
  },
];

export function classify(side: SideObservation): SideClass {
  switch (side.state) {
    case 'unreachable':
    case 'absent':
      return side.state;
    case 'shut-off':
      return side.reason === 'migrated' ? 'left' : 'ended';
    case 'running':
      return side.job === 'none' ? 'running' : 'busy';
    case 'paused':
      return classifyPaused(side);
  }
}

/** On the destination a copy that executes counts as running, whatever job it is in: it has passed the switchover. */
export function classifyDestination(side: SideObservation): SideClass {
  return side.state === 'running' ? 'running' : classify(side);
}

function classifyPaused(side: Extract<GuestOnHost, { state: 'running' | 'paused' }>): SideClass {
  if (side.job !== 'none') return 'busy';
  if (side.reason === 'migration' || side.reason === 'starting') return 'stopped';
  return side.reason === 'user' ? 'held' : 'running';
}

export function decideOwner(
  source: SideObservation,
  destination: SideObservation,
  context: OwnershipContext,
): Decision {
  const [s, d] = [classify(source), classifyDestination(destination)];
  const row = OWNERSHIP_TABLE.find(
    (r) =>
      r.source.includes(s) &&
      r.destination.includes(d) &&
      (r.pausedByUser ?? context.pausedByUser) === context.pausedByUser,
  );
  if (!row) return { owner: 'unknown', why: `no rule for source ${s}, destination ${d}`, act: null };
  if (!row.act) return { owner: row.owner, why: row.why, act: null };
  const [on, act] = row.act;
  const expect = (on === 'source' ? source : destination) as GuestOnHost;
  return { owner: row.owner, why: row.why, act: { on, act, expect } };
}

/** The table of who owns the guest. docs/concepts.md has it in words; ownership.ts reads it. */
import type { GuestAct } from '../src/contract';

export type Owner = 'source' | 'destination' | 'ended' | 'in-flight' | 'unknown' | 'split-brain';

/** What a side comes to, as far as the table cares. */
export type SideClass =
  /** No answer: unknown. */
  | 'unreachable'
  | 'absent'
  /** Defined, not running: shut off (migrated). */
  | 'left'
  /** Defined, not running: shut off (destroyed), which is how our own ending of a stale copy looks. */
  | 'destroyed'
  /** Defined, not running: its daemon, started again, has ended it or found it gone. */
  | 'lost'
  /** Defined, not running, for another reason: shut down by its user, crashed. */
  | 'ended'
  /** A migration job is under way: to be waited for, or aborted. */
  | 'busy'
  /** Executes, or is paused for a reason that is not the migration's (an I/O error). */
  | 'running'
  /** Paused by its user, or by the fence: complete, and no job is left. */
  | 'held'
  /** Paused by the migration: on the source past pre-copy, on the target before it has ever run. */
  | 'stopped';

/** What is known beside the two observations. */
export interface OwnershipContext {
  /** The guest's user had paused it: it is never resumed by us. */
  pausedByUser: boolean;
  /** Since the migrate step the source was seen to own the guest with no job: any copy on the destination is stale. */
  sourceRan: boolean;
  /**
   * The migrate call lost the source's daemon while the guest stood still there, stopped by the switchover: what that daemon
   * then finds gone has not run since.
   */
  sourceStopped: boolean;
  /** The destination runs nothing that was not resumed there after the source's copy had gone. */
  fenced: boolean;
  /** The guest has a definition: one that has arrived on the destination leaves its own there. */
  persistent: boolean;
}

export interface Row {
  source: readonly SideClass[];
  destination: readonly SideClass[];
  /** Only where the context is so. */
  when: Partial<OwnershipContext>;
  owner: Owner;
  /** For people. */
  why: string;
  act?: readonly [on: 'source' | 'destination', act: GuestAct];
}

/** Defined here, and runs not. */
export const OFF: readonly SideClass[] = ['left', 'destroyed', 'lost', 'ended'];
const NOT_HERE: readonly SideClass[] = ['absent', 'left'];
const ALIVE: readonly SideClass[] = ['running', 'held'];
const ANYTHING: readonly SideClass[] = ['unreachable', 'absent', ...OFF, 'busy', ...ALIVE, 'stopped'];
const except = (...classes: SideClass[]): SideClass[] => ANYTHING.filter((one) => !classes.includes(one));

/** No two rows fit the same case. */
// prettier-ignore
export const OWNERSHIP_TABLE: readonly Row[] = [
  { source: ['busy'], destination: ANYTHING, when: {}, owner: 'in-flight', why: 'libvirt is still moving the guest' },

  { source: ['unreachable'], destination: ['running'], when: { sourceRan: false, fenced: true }, owner: 'destination', why: 'the guest runs on the destination; the source does not answer' },
  { source: ['unreachable'], destination: ['running'], when: { sourceRan: false, fenced: false }, owner: 'unknown', why: 'the guest runs on the destination; the source, where without the fence it may run too, does not answer' },
  { source: ['unreachable'], destination: ['running'], when: { sourceRan: true }, owner: 'unknown', why: 'the guest runs on the destination; the source, where it was seen to run too, does not answer' },
  { source: ['unreachable'], destination: except('running'), when: {}, owner: 'unknown', why: 'the source does not answer, and the guest does not run on the destination' },
  { source: except('busy', 'unreachable'), destination: ['unreachable'], when: {}, owner: 'unknown', why: 'the destination does not answer' },

  { source: ALIVE, destination: ['running'], when: {}, owner: 'split-brain', why: 'both copies run (or the one on the source was paused by somebody): nothing is touched until a person decides' },
  { source: ALIVE, destination: ['absent'], when: {}, owner: 'source', why: 'the guest is on the source alone' },
  { source: ALIVE, destination: ['busy', 'stopped', 'held'], when: {}, owner: 'source', why: 'the guest is on the source; the copy on the destination has never run', act: ['destination', 'destroy'] },
  { source: ALIVE, destination: OFF, when: {}, owner: 'source', why: 'the guest is on the source; a definition was left on the destination', act: ['destination', 'undefine'] },

  { source: ['stopped'], destination: ['running'], when: {}, owner: 'destination', why: 'the guest runs on the destination; the stopped copy on the source is stale', act: ['source', 'destroy'] },
  { source: ['stopped'], destination: ['absent'], when: { fenced: true }, owner: 'source', why: 'the only copy is the one stopped on the source', act: ['source', 'resume'] },
  { source: ['stopped'], destination: ['absent'], when: { fenced: false, persistent: true }, owner: 'source', why: 'the only copy is the one stopped on the source', act: ['source', 'resume'] },
  { source: ['stopped'], destination: ['absent'], when: { fenced: false, persistent: false }, owner: 'unknown', why: 'a stopped copy is on the source, and the destination may have run the guest and lost it' },
  { source: ['stopped'], destination: OFF, when: { fenced: true }, owner: 'source', why: 'the destination has never run the guest; a definition was left there', act: ['destination', 'undefine'] },
  { source: ['stopped'], destination: OFF, when: { fenced: false }, owner: 'unknown', why: 'a stopped copy is on the source, and the destination may have run the guest to its end' },
  { source: ['stopped'], destination: ['stopped'], when: {}, owner: 'source', why: 'the copy on the destination has never run', act: ['destination', 'destroy'] },
  { source: ['stopped'], destination: ['held'], when: { sourceRan: false }, owner: 'destination', why: 'the move is complete and held by the fence; the copy on the source is stale', act: ['source', 'destroy'] },
  { source: ['stopped'], destination: ['held'], when: { sourceRan: true }, owner: 'unknown', why: 'a stopped copy is on the source, and one on the destination that may be older' },
  { source: ['stopped'], destination: ['busy'], when: {}, owner: 'unknown', why: 'the destination still has an incoming job that libvirt has to end' },

  { source: ['absent', ...OFF], destination: ['running'], when: {}, owner: 'destination', why: 'the guest runs on the destination alone' },
  { source: ['absent', ...OFF], destination: ['busy'], when: {}, owner: 'unknown', why: 'the source has no running copy, and the destination still has an incoming job' },
  { source: [...NOT_HERE, 'destroyed'], destination: ['held'], when: { sourceRan: false, pausedByUser: false }, owner: 'destination', why: 'the only copy is held on the destination', act: ['destination', 'resume'] },
  { source: [...NOT_HERE, 'destroyed'], destination: ['held'], when: { sourceRan: false, pausedByUser: true }, owner: 'destination', why: 'the only copy is on the destination, paused as its user had left it' },
  { source: ['ended'], destination: ['held'], when: { sourceRan: false }, owner: 'unknown', why: 'the guest ended on the source and a copy is held on the destination: if the source had not gone on, resume it there, else destroy it' },
  { source: ['lost'], destination: ['held'], when: { sourceRan: false, sourceStopped: false }, owner: 'unknown', why: 'the guest ended on the source and a copy is held on the destination: if the source had not gone on, resume it there, else destroy it' },
  { source: ['lost'], destination: ['held'], when: { sourceRan: false, sourceStopped: true, pausedByUser: false }, owner: 'destination', why: 'the copy on the source, which the switchover had stopped, has not run since; the only copy is held on the destination', act: ['destination', 'resume'] },
  { source: ['lost'], destination: ['held'], when: { sourceRan: false, sourceStopped: true, pausedByUser: true }, owner: 'destination', why: 'the copy on the source, which the switchover had stopped, has not run since; the only copy is on the destination, paused as its user had left it' },
  { source: NOT_HERE, destination: ['stopped'], when: { sourceRan: false, pausedByUser: false }, owner: 'destination', why: 'the only copy is the one on the destination that has not been started', act: ['destination', 'resume'] },
  { source: NOT_HERE, destination: ['stopped'], when: { sourceRan: false, pausedByUser: true }, owner: 'destination', why: 'the only copy is on the destination, to stay paused' },
  { source: ['destroyed', 'lost', 'ended'], destination: ['stopped'], when: { sourceRan: false }, owner: 'ended', why: 'the guest ended on the source; its copy on the destination is incomplete', act: ['destination', 'destroy'] },
  { source: ['absent', ...OFF], destination: ['held', 'stopped'], when: { sourceRan: true }, owner: 'ended', why: 'the guest went on, and ended, on the source; the copy on the destination is stale', act: ['destination', 'destroy'] },
  { source: [...NOT_HERE, 'destroyed'], destination: OFF, when: { sourceRan: false }, owner: 'destination', why: 'the guest has arrived on the destination, and is off there' },
  { source: [...NOT_HERE, 'destroyed'], destination: OFF, when: { sourceRan: true }, owner: 'ended', why: 'the guest ended on the source; a definition was left on the destination', act: ['destination', 'undefine'] },
  { source: ['lost', 'ended'], destination: OFF, when: {}, owner: 'ended', why: 'the guest ended on the source; a definition was left on the destination', act: ['destination', 'undefine'] },
  { source: ['absent', ...OFF], destination: ['absent'], when: {}, owner: 'ended', why: 'the guest runs on neither host: it ended during the migration' },
];

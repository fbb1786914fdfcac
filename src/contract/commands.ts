/** What may be asked of a running migration: names of the workflow's updates, their arguments and answers. */
import type { JobProgress } from './migration';

/** Temporal update names. Each is refused, with the reason, when it is no longer legal. */
export const COMMANDS = ['abort', 'forceComplete', 'setMaxDowntime', 'setBandwidth', 'resolve'] as const;
export type Command = (typeof COMMANDS)[number];

/** `forceComplete`: raises the maximum downtime; never suspends the guest. Default: the policy's `forceCompleteDowntimeMs`. */
export interface ForceCompleteInput {
  maxDowntimeMs?: number;
}

export interface SetMaxDowntimeInput {
  maxDowntimeMs: number;
}

export interface SetBandwidthInput {
  /** MiB/s; 0 = no limit of ours. */
  bandwidthMiBps: number;
}

/**
 * What an operator knows and the hosts cannot tell. `guestIsOn`: that copy is the guest; any other is ended, also one that
 * runs. `fenced`: that host (its id) is off for certain and will not come back with a running copy.
 */
export type Resolution = { guestIsOn: 'source' | 'destination' } | { fenced: string };

/** Answer of every command. `applied`: libvirt has it; else it was recorded and is carried out as `note` says. */
export interface CommandAnswer {
  applied: boolean;
  note: string;
}

/** What the source's agent is asked to do to the job in flight, on its control queue. */
export type JobCommand =
  | { command: 'abort' }
  | { command: 'setMaxDowntime'; maxDowntimeMs: number }
  | { command: 'setBandwidth'; bandwidthMiBps: number };

/** `no-job`: libvirt has no outgoing job of this guest (any more, or not yet). */
export interface JobCommandOutcome {
  done: 'applied' | 'no-job';
  progress: JobProgress | null;
}

/** Set by commands; they outrank the policy's schedule, and survive the agent. */
export interface JobOverrides {
  maxDowntimeMs?: number;
  bandwidthMiBps?: number;
}

/** A migration's whole story, as plain data: what `vgpu-ferry report --json` prints. Times are ISO 8601, the server's clock. */
import type { ClaimedMdev, FailedCheck, MigrationResult, SourceFacts } from '../contract';

export interface Story {
  workflowId: string;
  runId: string;
  guest: string;
  /** Null: the source had not told it. */
  guestName: string | null;
  source: string;
  destination: string;
  startedAt: string;
  /** Null: it is under way. */
  endedAt: string | null;
  outcome: 'under way' | 'done' | 'failed' | 'aborted' | 'terminated' | 'timed out';
  /** Of one that failed or was aborted. */
  error: { type: string; message: string; failedChecks?: FailedCheck[] } | null;
  /** What was asked for; fields that are not here had their defaults. */
  asked: Record<string, unknown>;
  /** What the source told of itself and of the guest. */
  facts: SourceFacts | null;
  /** Devices that were claimed on the destination. */
  devices: ClaimedMdev[];
  result: MigrationResult | null;
  /** In the order in which they began. */
  chapters: Chapter[];
  /** Of what could not be decoded, and is left out: how much, and why the first of it. */
  unread: { count: number; why: string } | null;
}

/** Something that was done, or said, and what came of it. */
export type Chapter = StepTold | CommandTold | EventTold;

/** A step on a host. */
export interface StepTold {
  kind: 'step';
  /** Activity type. */
  step: string;
  /** For people; with the reason, where the step was a decision. */
  what: string;
  host: string;
  scheduledAt: string;
  /** Null: nobody has taken it (yet). */
  startedAt: string | null;
  endedAt: string | null;
  /** 0: nobody has taken it. */
  attempts: number;
  outcome: 'under way' | 'ok' | 'failed' | 'timed out' | 'cancelled';
  /** What it found or why it failed, in words. */
  said: string;
}

/** What a person or a program asked of it while it ran. */
export interface CommandTold {
  kind: 'command';
  command: string;
  argument: unknown;
  at: string;
  /** Null: not answered yet. */
  said: string | null;
}

/** What happened to the workflow itself. */
export interface EventTold {
  kind: 'event';
  at: string;
  said: string;
}

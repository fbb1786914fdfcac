/** What a connection's thread and its owner say to each other. */
import type { OperationName } from './operations';

export interface Call {
  id: number;
  /** On a connection of its own: the one that is open is closed first. */
  anew?: boolean;
  name: OperationName;
  args: unknown[];
}

/** `result` unless `failure` is there. */
export interface Answer {
  id: number;
  result?: unknown;
  failure?: { message: string; code: number; domain: number; connectionLost: boolean };
}

export type FromThread = Answer | { opening: boolean };

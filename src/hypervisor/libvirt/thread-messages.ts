/** What a connection's thread and its owner say to each other. */
import type { OperationName } from './operations';
import type { SessionOptions } from './session';

export interface Call {
  id: number;
  /** On a connection of its own: the one that is open is closed first. */
  anew?: boolean;
  name: OperationName;
  args: unknown[];
}

/** `use`: the calls that follow are for this connection. `close`: closes it, and says so. `end`: the thread's last message. */
export type ToThread = Call | { use: SessionOptions } | 'close' | 'end';

/** `result` unless `failure` is there. */
export interface Answer {
  id: number;
  result?: unknown;
  failure?: { message: string; code: number; domain: number; connectionLost: boolean };
}

export type FromThread = Answer | { opening: boolean } | 'closed';

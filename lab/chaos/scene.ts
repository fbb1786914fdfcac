/** One migration about to be struck: the hosts by their part in it, and everything that listens to it. */
import type { MigrationPolicy } from '../../src/contract';
import type { LabHost } from '../src/host';
import type { GuestSpec } from '../src/guest';
import type { Migration } from '../src/migrations';
import type { Product } from '../src/product';
import type { Cell } from './cell';
import type { GuestEvents } from './guest-events';

export type Side = 'source' | 'destination';

export interface Scene {
  cell: Cell;
  product: Product;
  guest: GuestSpec;
  source: LabHost;
  destination: LabHost;
  events: Record<Side, GuestEvents>;
  /** Starts it; `migration` may be used from then on. */
  start(policy: Partial<MigrationPolicy>): Promise<void>;
  readonly migration: Migration;
  /** Its status, once it has ended. */
  ended(): Promise<string | undefined>;
}

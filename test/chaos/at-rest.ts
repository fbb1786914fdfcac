/** A run that has come to rest: its end, what was found on both hosts, and how to look at it. */
import type { MigrationResult, Resolution } from '../../src/contract';
import type { FleetState } from '../../src/hypervisor/simulated';
import type { DomainState, HostState } from '../../src/hypervisor/simulated/state';
import type { Struck } from './blows';
import type { Side } from './faults';
import type { Before, Wrong } from './lane';
import type { Schedule } from './schedule';
import type { Swept } from './sweep';

export type Outcome =
  | { kind: 'completed'; result: MigrationResult }
  | { kind: 'failed'; type: string; message: string }
  /** It says that it cannot know, and that is so. */
  | { kind: 'waits'; why: string }
  | { kind: 'terminated' };

export interface AtRest {
  schedule: Schedule;
  struck: readonly Struck[];
  outcome: Outcome;
  before: Before;
  fleet: FleetState;
  hosts: Record<Side, string>;
  ledger: Record<Side, Record<'claims' | 'created' | 'quarantine', string[]>>;
  /** Seen while it ran. */
  wrongs: readonly Wrong[];
  history: string;
  /** Why workflow tasks failed that should not have. */
  misunderstood: string[];
  jobsInAgents: number;
  /** What the operator has said. */
  resolved: Resolution | null;
  /** After a migration that could not undo all itself. */
  swept: Swept | null;
}

export function hostOf({ fleet, hosts }: AtRest, side: Side): HostState {
  return fleet.hosts[hosts[side]]!;
}

export function domainOn(rest: AtRest, side: Side): DomainState | undefined {
  return hostOf(rest, side).domains.find(({ uuid }) => uuid === rest.before.guest);
}

export function mdevsIn(xml: string | undefined): string[] {
  return [...(xml ?? '').matchAll(/<address uuid='([^']+)'/g)].map(([, uuid]) => uuid!);
}

export function uuidsOf(files: string[]): string[] {
  return files.map((file) => file.slice(0, 36));
}

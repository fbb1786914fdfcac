/** The faults of the chaos runs as data: what strikes, and where. What each does is in blows.ts. */
import type { HostActivities } from '../../src/contract';
import type { CallName, FaultPhase } from '../../src/hypervisor/simulated';

export type Side = 'source' | 'destination';
export type ActivityName = keyof HostActivities;

/** Something that a run passes and a fault can wait for. `nth` counts from 1. */
export type Point =
  /** A step is about to run on its host, or has run and not yet answered. */
  | { on: Side; activity: ActivityName; moment: 'start' | 'end'; nth: number }
  /** Before or after one of the agent's calls to its hypervisor, within a step; `peer.resume` is the fence's. */
  | { on: Side; call: AgentCall; moment: 'before' | 'after'; nth: number }
  /** Before one of the ledger's calls to its disk that change something. */
  | { on: Side; disk: 'write' | 'sync' | 'rename' | 'remove'; nth: number }
  /** libvirt's protocol has come this far. */
  | { job: FaultPhase }
  | { afterMs: number };

export type AgentCall = CallName | 'peer.resume' | 'peer.observe';

export type Blow =
  /** kill -9. What its disk had not synced is lost, or not. */
  | { kind: 'agent killed'; on: Side; backAfterMs: number; unsynced: 'lost' | 'kept' }
  | { kind: 'libvirtd killed'; on: Side; backAfterMs: number; otherRace: boolean }
  | { kind: 'QEMU killed'; on: Side }
  | { kind: 'link between the hosts cut'; healsAfterMs: number }
  /** The agent lives on; nothing that it says arrives, and no task reaches it. */
  | { kind: 'link to Temporal cut'; on: Side; healsAfterMs: number }
  | { kind: 'orchestrator killed' }
  | { kind: 'abort' }
  /** Only at a step's start: */
  | { kind: 'answer lost' }
  /** The same attempt once more, beside itself (0) or so much later than its answer. */
  | { kind: 'step run twice'; laterMs: number }
  | { kind: 'start delayed'; ms: number }
  /** Only at a call: */
  | { kind: 'call fails'; lost: boolean }
  | { kind: 'call slow'; ms: number }
  /** kill -9, and again on the same port with the same database: strikes all lanes. */
  | { kind: 'Temporal killed'; backAfterMs: number }
  /** Power off; its guests' QEMUs are gone. It is back when an operator has said so to the workflow. */
  | { kind: 'host lost'; on: Side }
  /** Skips the undo: what is left is for the sweeps. */
  | { kind: 'terminated' }
  /** Temporal updates of the workflow: */
  | { kind: 'abort by update' }
  | { kind: 'maximum downtime set'; ms: number }
  | { kind: 'bandwidth set'; mibPerSec: number }
  | { kind: 'completion forced' };

export type BlowKind = Blow['kind'];

export interface Fault {
  at: Point;
  blow: Blow;
}

/** What any schedule may have. The rest belongs to themes (themes.ts). */
export const PLAIN_KINDS = [
  'agent killed',
  'libvirtd killed',
  'QEMU killed',
  'link between the hosts cut',
  'link to Temporal cut',
  'orchestrator killed',
  'abort',
  'answer lost',
  'step run twice',
  'start delayed',
  'call fails',
  'call slow',
] as const satisfies readonly BlowKind[];

export const BLOW_KINDS: readonly BlowKind[] = [
  ...PLAIN_KINDS,
  'Temporal killed',
  'host lost',
  'terminated',
  'abort by update',
  'maximum downtime set',
  'bandwidth set',
  'completion forced',
];

export function describeFault({ at, blow }: Fault): string {
  return `${describeBlow(blow)} ${describePoint(at)}`;
}

export function describePoint(at: Point): string {
  if ('job' in at) return `when the job is at ${at.job}`;
  if ('afterMs' in at) return `after ${at.afterMs} ms`;
  const time = at.nth === 1 ? '' : ` (time ${at.nth})`;
  if ('activity' in at) return `at the ${at.moment} of ${at.activity} on the ${at.on}${time}`;
  if ('disk' in at) return `before the ledger's ${at.disk} on the ${at.on}${time}`;
  return `${at.moment} the call ${at.call} on the ${at.on}${time}`;
}

function describeBlow(blow: Blow): string {
  const { kind, ...rest } = blow;
  const words = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`);
  return words.length === 0 ? kind : `${kind} (${words.join(', ')})`;
}

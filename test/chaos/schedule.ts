/** From a seed to one migration and what goes wrong in it. The same seed gives the same schedule. */
import type { MigrationPolicy } from '../../src/contract';
import { FAULT_PHASES } from '../../src/hypervisor/simulated';
import { Draw } from './draw';
import {
  type Blow,
  type BlowKind,
  type Fault,
  type Point,
  type Side,
  PLAIN_KINDS,
  describeFault,
} from './faults';
import { CALLS, STEPS, anyPoint, callPoint, stepPoint, undoingPoint } from './points';
import { type Theme, themed } from './themes';

type PlainKind = (typeof PLAIN_KINDS)[number];

export interface Schedule {
  seed: number;
  /** What it is about, beside the plain faults. */
  theme: Theme;
  /** `busy`: it writes memory faster than the link carries it. */
  guest: { persistent: boolean; autostart: boolean; mdevs: number; pausedByUser: boolean; busy: boolean };
  /** The ledger of the source shows the guest's devices as made by us. */
  sourceDevicesOurs: boolean;
  /** Free devices of the guest's type that are on the destination already. */
  spare: number;
  policy: Partial<MigrationPolicy> & Pick<MigrationPolicy, 'switchover' | 'sourceMdevs'>;
  /** How long pre-copy, Finish and Confirm take. */
  preCopyMs: number;
  finishMs: number;
  faults: Fault[];
}

export function drawSchedule(seed: number): Schedule {
  return themed(drawPlain(seed));
}

function drawPlain(seed: number): Schedule {
  const draw = new Draw(seed);
  const persistent = draw.chance(0.7);
  return {
    seed,
    theme: 'plain',
    guest: {
      persistent,
      autostart: persistent && draw.chance(0.5),
      mdevs: draw.pick([1, 1, 2, 2, 3]),
      pausedByUser: draw.chance(0.1),
      busy: false,
    },
    sourceDevicesOurs: draw.chance(0.5),
    spare: draw.pick([0, 0, 1, 2]),
    policy: {
      switchover: draw.chance(0.1) ? 'libvirt' : 'fenced',
      sourceMdevs: draw.chance(0.8) ? 'remove' : 'keep',
    },
    preCopyMs: draw.pick([150, 150, 500, 2_500]),
    finishMs: draw.pick([20, 20, 300]),
    faults: drawFaults(draw),
  };
}

/** The schedule in words. */
export function describeSchedule(schedule: Schedule): string {
  const { guest, policy } = schedule;
  const kind = `${guest.busy ? 'busy ' : ''}${guest.persistent ? 'persistent' : 'transient'}`;
  const { switchover, sourceMdevs, ...limits } = policy;
  return [
    `theme ${schedule.theme}; ${kind} guest with ${guest.mdevs} mdev(s)${guest.autostart ? ', autostart' : ''}${guest.pausedByUser ? ', paused by its user' : ''}`,
    `source devices ${schedule.sourceDevicesOurs ? 'made by us' : 'not ours'}, ${sourceMdevs}; ${schedule.spare} free one(s) on the destination`,
    `switchover ${switchover}; pre-copy ${schedule.preCopyMs} ms, Finish ${schedule.finishMs} ms`,
    ...Object.entries(limits).map(([name, value]) => `${name} ${value}`),
    ...schedule.faults.map((fault, i) => `fault ${i + 1}: ${describeFault(fault)}`),
  ].join('\n');
}

/** One fault, two anywhere, or one that makes the migration fail and one in its undoing. */
function drawFaults(draw: Draw): Fault[] {
  switch (draw.pick(['one', 'two', 'two', 'in the undoing', 'in the undoing'] as const)) {
    case 'one':
      return [drawFault(draw, anyPoint(draw))];
    case 'two':
      return [drawFault(draw, anyPoint(draw)), drawFault(draw, anyPoint(draw))];
    case 'in the undoing':
      return [breakingFault(draw), drawFault(draw, undoingPoint(draw))];
  }
}

/** Past the claim and before the end, so that there is something to undo or to settle. */
function breakingFault(draw: Draw): Fault {
  const before = draw.pick(['prepare', 'perform', 'perform', 'switchover'] as const);
  const any = draw.pick(FAULT_PHASES);
  const outageMs = draw.pick([800, 2_000]);
  return draw.pick<Fault>([
    { at: { job: before }, blow: { kind: 'abort' } },
    { at: { job: before }, blow: { kind: 'QEMU killed', on: 'destination' } },
    { at: { job: any }, blow: { kind: 'link between the hosts cut', healsAfterMs: outageMs } },
    {
      at: { job: any },
      blow: { kind: 'libvirtd killed', on: 'destination', backAfterMs: outageMs, otherRace: false },
    },
    {
      at: { job: any },
      blow: {
        kind: 'libvirtd killed',
        on: 'source',
        backAfterMs: outageMs,
        otherRace: draw.chance(0.5),
      },
    },
    {
      at: { job: any },
      blow: { kind: 'agent killed', on: 'source', backAfterMs: outageMs, unsynced: 'kept' },
    },
  ]);
}

/** Every kind is drawn as often; where it cannot strike there, the point is drawn again to fit. */
function drawFault(draw: Draw, point: Point): Fault {
  const kind = draw.pick(PLAIN_KINDS);
  const at = fits(kind, point) ? point : fittingPoint(draw, kind, point);
  return { at, blow: asItCanHappen(at, BLOWS[kind](draw, draw.pick(['source', 'destination']))) };
}

/**
 * Temporal never runs an attempt that it has given up, and these two count their time from when they begin. So they
 * begin soon, and twice only side by side.
 */
function asItCanHappen(at: Point, blow: Blow): Blow {
  const counted =
    'activity' in at && (at.activity === 'claimOnDestination' || at.activity === 'migrateGuest');
  if (counted && blow.kind === 'start delayed') return { ...blow, ms: Math.min(blow.ms, 300) };
  if (counted && blow.kind === 'step run twice') return { ...blow, laterMs: 0 };
  return blow;
}

function fits(kind: BlowKind, at: Point): boolean {
  if (kind === 'answer lost' || kind === 'step run twice' || kind === 'start delayed')
    return 'activity' in at && at.moment === 'start';
  if (kind === 'call fails' || kind === 'call slow') return 'call' in at;
  return true;
}

function fittingPoint(draw: Draw, kind: BlowKind, instead: Point): Point {
  if (kind === 'call fails' || kind === 'call slow') return callPoint(draw, CALLS);
  if ('activity' in instead) return { ...instead, moment: 'start' };
  return { ...stepPoint(draw, STEPS), moment: 'start' };
}

/** Outages are shorter than, about as long as, and longer than the workflow's patience. */
const OUTAGES_MS = [0, 200, 800, 2_000, 6_000];

const BLOWS: Record<PlainKind, (draw: Draw, on: Side) => Blow> = {
  'agent killed': (draw, on) => ({
    kind: 'agent killed',
    on,
    backAfterMs: draw.pick(OUTAGES_MS),
    unsynced: draw.pick(['lost', 'kept']),
  }),
  'libvirtd killed': (draw, on) => ({
    kind: 'libvirtd killed',
    on,
    backAfterMs: draw.pick(OUTAGES_MS),
    otherRace: draw.chance(0.3),
  }),
  'QEMU killed': (_draw, on) => ({ kind: 'QEMU killed', on }),
  'link between the hosts cut': (draw) => ({
    kind: 'link between the hosts cut',
    healsAfterMs: draw.pick(OUTAGES_MS),
  }),
  'link to Temporal cut': (draw, on) => ({
    kind: 'link to Temporal cut',
    on,
    healsAfterMs: draw.pick(OUTAGES_MS),
  }),
  'orchestrator killed': () => ({ kind: 'orchestrator killed' }),
  abort: () => ({ kind: 'abort' }),
  'answer lost': () => ({ kind: 'answer lost' }),
  'step run twice': (draw) => ({ kind: 'step run twice', laterMs: draw.pick([0, 100, 1_000]) }),
  'start delayed': (draw) => ({ kind: 'start delayed', ms: draw.pick([100, 1_000, 2_500]) }),
  'call fails': (draw) => ({ kind: 'call fails', lost: draw.chance(0.7) }),
  'call slow': (draw) => ({ kind: 'call slow', ms: draw.pick([100, 1_000, 2_500]) }),
};

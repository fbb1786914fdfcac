/** Where a fault can strike, drawn: a step, a call, a phase of the job, the ledger's disk, a time. */
import { FAULT_PHASES } from '../../src/hypervisor/simulated';
import type { Draw } from './draw';
import type { ActivityName, AgentCall, Point, Side } from './faults';

/** Steps in the order of a migration; those of the compensation last. */
export const STEPS: readonly (readonly [Side, ActivityName])[] = [
  ['source', 'inspectSource'],
  ['destination', 'claimOnDestination'],
  ['source', 'migrateGuest'],
  ['destination', 'finalizeOnDestination'],
  ['source', 'cleanUpSource'],
  ['source', 'observeGuest'],
  ['destination', 'observeGuest'],
  ['destination', 'releaseClaim'],
  ['source', 'actOnGuest'],
  ['destination', 'actOnGuest'],
];

export const CALLS: readonly (readonly [Side, AgentCall])[] = [
  ['destination', 'createMdev'],
  ['destination', 'destroyMdev'],
  ['destination', 'listMdevs'],
  ['destination', 'setAutostart'],
  ['destination', 'resume'],
  ['destination', 'destroy'],
  ['destination', 'undefine'],
  ['source', 'connectPeer'],
  ['source', 'migrate'],
  ['source', 'peer.resume'],
  ['source', 'abortJob'],
  ['source', 'resume'],
  ['source', 'destroy'],
  ['source', 'undefine'],
  ['source', 'destroyMdev'],
];

/** Those that are reached only when something has gone wrong already. */
const UNDOING_STEPS: readonly ActivityName[] = ['observeGuest', 'releaseClaim', 'actOnGuest'];
const UNDOING_CALLS: readonly AgentCall[] = ['destroyMdev', 'createMdev', 'destroy', 'undefine', 'resume'];
const DISK_CALLS = ['write', 'sync', 'rename', 'remove'] as const;

export function anyPoint(draw: Draw): Point {
  switch (draw.pick(['step', 'step', 'call', 'job', 'job', 'disk', 'time'] as const)) {
    case 'step':
      return stepPoint(draw, STEPS);
    case 'call':
      return callPoint(draw, CALLS);
    case 'job':
      return { job: draw.pick(FAULT_PHASES) };
    case 'disk':
      return diskPoint(draw);
    case 'time':
      return { afterMs: draw.upTo(1_500) };
  }
}

export function undoingPoint(draw: Draw): Point {
  return draw.chance(0.6)
    ? stepPoint(
        draw,
        STEPS.filter(([, step]) => UNDOING_STEPS.includes(step)),
      )
    : callPoint(
        draw,
        CALLS.filter(([, call]) => UNDOING_CALLS.includes(call)),
      );
}

export function stepPoint(draw: Draw, steps: typeof STEPS): Extract<Point, { activity: unknown }> {
  const [on, activity] = draw.pick(steps);
  return { on, activity, moment: draw.pick(['start', 'end']), nth: draw.pick([1, 1, 1, 2]) };
}

export function callPoint(draw: Draw, calls: typeof CALLS): Point {
  const [on, call] = draw.pick(calls);
  return { on, call, moment: draw.pick(['before', 'after']), nth: draw.pick([1, 1, 1, 2]) };
}

export function diskPoint(draw: Draw): Point {
  const on = draw.chance(0.8) ? 'destination' : 'source';
  return { on, disk: draw.pick(DISK_CALLS), nth: 1 + draw.upTo(3) };
}

/**
 * What some schedules have beside their plain faults: commands, a termination, limits, a host or Temporal lost. Drawn by
 * numbers of their own, so that the plain part of a seed stays what it is.
 */
import { FAULT_PHASES } from '../../src/hypervisor/simulated';
import { Draw } from './draw';
import type { Blow, Fault, Point } from './faults';
import { STEPS, anyPoint, stepPoint } from './points';
import type { Schedule } from './schedule';

export const THEMES = [
  'plain',
  'Temporal',
  'commands',
  'terminated',
  'split',
  'limits',
  'host lost',
] as const;
export type Theme = (typeof THEMES)[number];

/** In twentieths. */
const WEIGHTS: Record<Theme, number> = {
  plain: 9,
  Temporal: 2,
  commands: 3,
  terminated: 2,
  split: 1,
  limits: 2,
  'host lost': 1,
};

/** Apart from the plain draw of every seed. */
const OWN_NUMBERS = 0x5eed_0000;

export function themed(plain: Schedule): Schedule {
  const draw = new Draw(plain.seed ^ OWN_NUMBERS);
  const theme = draw.pick(THEMES.flatMap((name) => Array.from({ length: WEIGHTS[name] }, () => name)));
  return { ...plain, ...CHANGES[theme](draw, plain), theme };
}

const CHANGES: Record<Theme, (draw: Draw, plain: Schedule) => Partial<Schedule>> = {
  plain: () => ({}),

  Temporal: (draw, { faults }) => ({
    faults: [
      ...faults,
      { at: anyPoint(draw), blow: { kind: 'Temporal killed', backAfterMs: draw.pick([0, 500, 2_000]) } },
    ],
  }),

  // a long move, so that there is something to command, also after an agent's death
  commands: (draw, { faults }) => ({
    preCopyMs: draw.pick([500, 2_500, 5_000]),
    faults: [
      ...(draw.chance(0.5) ? faults : []),
      ...(draw.chance(0.5) ? [agentDies(draw)] : []),
      ...Array.from({ length: draw.pick([1, 2, 3]) }, (): Fault => ({
        at: commandPoint(draw),
        blow: command(draw),
      })),
    ],
  }),

  terminated: (draw, { faults }) => ({
    faults: [
      ...(draw.chance(0.7) ? faults : []),
      {
        at: draw.chance(0.5) ? { job: draw.pick(FAULT_PHASES) } : anyPoint(draw),
        blow: { kind: 'terminated' },
      },
    ],
  }),

  // as libvirt was seen to run a guest twice
  split: (draw, { policy }) => ({
    policy: { ...policy, switchover: 'libvirt' },
    finishMs: 300,
    faults: [
      {
        at: { job: 'finish' },
        blow: { kind: 'link between the hosts cut', healsAfterMs: draw.pick([800, 2_000]) },
      },
    ],
  }),

  limits: (draw, { guest, policy, faults }) => ({
    guest: { ...guest, busy: draw.chance(0.7), pausedByUser: false },
    preCopyMs: draw.pick([1_000, 2_500]),
    policy: {
      ...policy,
      downtimeSteps: 2,
      downtimeStepSecondsPerGiB: draw.pick([0, 1]),
      completionTimeoutSecondsPerGiB: draw.pick([1, 2, 4]),
      progressTimeoutSeconds: draw.pick([0, 1]),
      onTimeout: draw.pick(['abort', 'force-complete']),
    },
    faults: [...(draw.chance(0.5) ? faults : []), ...(draw.chance(0.3) ? [agentDies(draw)] : [])],
  }),

  'host lost': (draw) => ({
    faults: [
      {
        at: draw.chance(0.7) ? { job: draw.pick(FAULT_PHASES) } : stepPoint(draw, STEPS.slice(2, 5)),
        blow: { kind: 'host lost', on: draw.pick(['source', 'destination']) },
      },
    ],
  }),
};

function agentDies(draw: Draw): Fault {
  return {
    at: { afterMs: 300 + draw.upTo(2_500) },
    blow: { kind: 'agent killed', on: 'source', backAfterMs: draw.pick([0, 200, 800]), unsynced: 'kept' },
  };
}

function commandPoint(draw: Draw): Point {
  if (draw.chance(0.3)) return anyPoint(draw);
  return draw.chance(0.5)
    ? { job: draw.pick(['perform', 'switchover', 'finish']) }
    : { afterMs: draw.upTo(4_000) };
}

function command(draw: Draw): Blow {
  const kind = draw.pick([
    'maximum downtime set',
    'maximum downtime set',
    'bandwidth set',
    'completion forced',
    'abort by update',
  ] as const);
  switch (kind) {
    case 'maximum downtime set':
      return { kind, ms: draw.pick([150, 700, 4_000]) };
    case 'bandwidth set':
      return { kind, mibPerSec: draw.pick([0, 250, 2_000]) };
    default:
      return { kind };
  }
}

/** Faults drawn from a seed: the same seed gives the same faults, so a failing run can be repeated. */
import type { CallName, Fault, FaultPhase } from './fault';
import { FAULT_PHASES } from './fault';
import { daemonDied } from './errors';

/** Calls that change something: where a lost answer matters. */
const CALLS: CallName[] = [
  'createMdev',
  'destroyMdev',
  'migrate',
  'resume',
  'destroy',
  'undefine',
  'setAutostart',
  'abortJob',
];
const LONGEST_DELAY_MS = 5_000;
const LONGEST_OUTAGE_MS = 60_000;

export interface FaultDraw {
  /** Print it when a run fails. */
  seed: number;
  /** Hosts whose calls may fail. */
  hosts: string[];
  count: number;
}

export function drawFaults({ seed, hosts, count }: FaultDraw): Fault[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => drawFault(random, hosts));
}

/** Numbers from 0 up to 1. mulberry32 (public domain): small, and good enough to choose by. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<T>(random: () => number, choices: readonly T[]): T {
  return choices[Math.floor(random() * choices.length)] as T;
}

function drawFault(random: () => number, hosts: string[]): Fault {
  return random() < 0.5
    ? drawPhaseFault(random, pick(random, FAULT_PHASES))
    : drawCallFault(random, pick(random, hosts));
}

function drawPhaseFault(random: () => number, phase: FaultPhase): Fault {
  const kind = pick(random, ['kill-libvirtd', 'kill-qemu', 'link-down'] as const);
  const outageMs = Math.round(random() * LONGEST_OUTAGE_MS);
  if (kind === 'link-down') return { phase, kind, healAfterMs: outageMs };
  const on = pick(random, ['source', 'target'] as const);
  if (kind === 'kill-qemu') return { phase, kind, on };
  return { phase, kind, on, restartAfterMs: outageMs, otherRace: random() < 0.25 };
}

function drawCallFault(random: () => number, host: string): Fault {
  const at = { call: pick(random, CALLS), host, effect: pick(random, ['none', 'done'] as const) };
  const kind = pick(random, ['call-error', 'call-delay', 'kill-libvirtd'] as const);
  const ms = random();
  if (kind === 'call-error') return { ...at, kind, ...daemonDied };
  if (kind === 'call-delay') return { ...at, kind, ms: Math.round(ms * LONGEST_DELAY_MS) };
  return { ...at, kind, restartAfterMs: Math.round(ms * LONGEST_OUTAGE_MS) };
}

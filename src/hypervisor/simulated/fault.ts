/** Faults as data: what shall go wrong, and at which point. What each does is in outages.ts and faults.ts. */
import type { Hypervisor } from '../port';

/** Points of libvirt's migration protocol at which a fault can strike. */
export const FAULT_PHASES = ['prepare', 'perform', 'switchover', 'finish', 'confirm'] as const;

/**
 * `prepare`: the target is about to be asked. `perform`: pre-copy begins. `switchover`: the source's vCPUs have just
 * been stopped. `finish`: all state is sent, the target has not answered Finish. `confirm`: the target has answered.
 */
export type FaultPhase = (typeof FAULT_PHASES)[number];

export type CallName = keyof Hypervisor;

interface AtPhase {
  phase: FaultPhase;
  /** Only this guest's migration; any if left out. */
  guest?: string;
}

interface AtCall {
  call: CallName;
  host: string;
  /** Whether the call has taken effect before it fails: a caller cannot tell. */
  effect: 'none' | 'done';
}

/** The daemon dies; its guests go on. `null` = it stays down until somebody starts it. */
interface KillLibvirtd {
  kind: 'kill-libvirtd';
  restartAfterMs: number | null;
}

export type Fault =
  | (AtPhase &
      KillLibvirtd & {
        on: 'source' | 'target';
        /** The rarer outcome that was seen for the same fault: the kill races the call in flight. */
        otherRace?: boolean;
      })
  | (AtPhase & { kind: 'kill-qemu'; on: 'source' | 'target' })
  | (AtPhase & { kind: 'link-down'; healAfterMs: number | null })
  | (AtCall & KillLibvirtd)
  | (AtCall & { kind: 'call-error'; code: number; domain: number; text: string })
  | (AtCall & { kind: 'call-delay'; ms: number });

export type PhaseFault = Extract<Fault, AtPhase>;
export type CallFault = Extract<Fault, AtCall>;

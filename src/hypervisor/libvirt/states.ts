/** libvirt's states and reasons in the words of the ownership table. Pure. */
import type { GuestOnHost, JobKind, StateReason } from '../../contract';
import {
  VIR_DOMAIN_BLOCKED,
  VIR_DOMAIN_CRASHED,
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PAUSED_CRASHED,
  VIR_DOMAIN_PAUSED_MIGRATION,
  VIR_DOMAIN_PAUSED_SAVE,
  VIR_DOMAIN_PAUSED_SHUTTING_DOWN,
  VIR_DOMAIN_PAUSED_STARTING_UP,
  VIR_DOMAIN_PAUSED_USER,
  VIR_DOMAIN_PMSUSPENDED,
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_RUNNING_BOOTED,
  VIR_DOMAIN_RUNNING_CRASHED,
  VIR_DOMAIN_RUNNING_MIGRATED,
  VIR_DOMAIN_RUNNING_MIGRATION_CANCELED,
  VIR_DOMAIN_RUNNING_UNPAUSED,
  VIR_DOMAIN_SHUTDOWN,
  VIR_DOMAIN_SHUTOFF,
  VIR_DOMAIN_SHUTOFF_CRASHED,
  VIR_DOMAIN_SHUTOFF_DAEMON,
  VIR_DOMAIN_SHUTOFF_DESTROYED,
  VIR_DOMAIN_SHUTOFF_FAILED,
  VIR_DOMAIN_SHUTOFF_MIGRATED,
  VIR_DOMAIN_SHUTOFF_SAVED,
  VIR_DOMAIN_SHUTOFF_SHUTDOWN,
  VIR_DOMAIN_SHUTOFF_UNKNOWN,
} from './constants';

type Reasons = Readonly<Record<number, StateReason>>;

const RUNNING: Reasons = {
  [VIR_DOMAIN_RUNNING_BOOTED]: 'booted',
  [VIR_DOMAIN_RUNNING_MIGRATED]: 'migrated',
  [VIR_DOMAIN_RUNNING_UNPAUSED]: 'unpaused',
  [VIR_DOMAIN_RUNNING_MIGRATION_CANCELED]: 'migration-cancelled',
  [VIR_DOMAIN_RUNNING_CRASHED]: 'crashed',
};

const PAUSED: Reasons = {
  [VIR_DOMAIN_PAUSED_USER]: 'user',
  [VIR_DOMAIN_PAUSED_MIGRATION]: 'migration',
  [VIR_DOMAIN_PAUSED_SAVE]: 'saved',
  [VIR_DOMAIN_PAUSED_SHUTTING_DOWN]: 'shutdown',
  [VIR_DOMAIN_PAUSED_CRASHED]: 'crashed',
  [VIR_DOMAIN_PAUSED_STARTING_UP]: 'starting',
};

const SHUTOFF: Reasons = {
  [VIR_DOMAIN_SHUTOFF_SHUTDOWN]: 'shutdown',
  [VIR_DOMAIN_SHUTOFF_DESTROYED]: 'destroyed',
  [VIR_DOMAIN_SHUTOFF_CRASHED]: 'crashed',
  [VIR_DOMAIN_SHUTOFF_MIGRATED]: 'migrated',
  [VIR_DOMAIN_SHUTOFF_SAVED]: 'saved',
  [VIR_DOMAIN_SHUTOFF_FAILED]: 'failed',
  // A daemon that was started again ended it, or found its process gone.
  [VIR_DOMAIN_SHUTOFF_DAEMON]: 'daemon',
  [VIR_DOMAIN_SHUTOFF_UNKNOWN]: 'daemon',
};

interface StateEntry {
  state: 'running' | 'paused' | 'shut-off';
  reasons: Reasons;
  /** Where the state itself is the reason. */
  whole?: StateReason;
}

const STATES: Readonly<Record<number, StateEntry>> = {
  [VIR_DOMAIN_RUNNING]: { state: 'running', reasons: RUNNING },
  // Blocked on a resource: its vCPUs run as soon as they can.
  [VIR_DOMAIN_BLOCKED]: { state: 'running', reasons: {} },
  [VIR_DOMAIN_PAUSED]: { state: 'paused', reasons: PAUSED },
  // The guest has powered off or its QEMU is being ended: vCPUs stand still, the copy is still there.
  [VIR_DOMAIN_SHUTDOWN]: { state: 'paused', reasons: {}, whole: 'shutdown' },
  [VIR_DOMAIN_SHUTOFF]: { state: 'shut-off', reasons: SHUTOFF },
  // Crashed and kept for a look at it (on_crash=preserve).
  [VIR_DOMAIN_CRASHED]: { state: 'paused', reasons: {}, whole: 'crashed' },
  // Asleep by its own wish (S3): vCPUs stand still.
  [VIR_DOMAIN_PMSUSPENDED]: { state: 'paused', reasons: {} },
};

/** A state that this table does not know is taken for running: nobody then starts a second copy because of it. */
const UNKNOWN: StateEntry = { state: 'running', reasons: {} };

export interface RawState {
  state: number;
  reason: number;
  active: boolean;
  job: JobKind;
  persistent: boolean;
}

export function guestOnHost(raw: RawState): GuestOnHost {
  const entry = STATES[raw.state] ?? UNKNOWN;
  const reason = entry.whole ?? entry.reasons[raw.reason] ?? 'other';
  const { persistent, job } = raw;
  if (!raw.active || entry.state === 'shut-off') return { state: 'shut-off', reason, persistent };
  return { state: entry.state, reason, job, persistent };
}

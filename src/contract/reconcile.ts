/** `ReconcileHost`: what a host's sweep is told and what it reports. */

/** Workflow type; one of a host at a time, id `reconcile-host:<host>`. */
export const RECONCILE_HOST = 'ReconcileHost';

/** Id of a host's schedule and, as its prefix, of the workflows that it starts. */
export function reconcileScheduleId(host: string): string {
  return `reconcile-host:${host}`;
}

/** Id of a sweep that somebody asks for now: who asks meanwhile gets the answer of the one that runs. */
export function reconcileNowWorkflowId(host: string): string {
  return `${reconcileScheduleId(host)}:now`;
}

/** What Temporal says of a migration. `unknown`: it does not answer, or will not say; then nothing is touched. */
export type MigrationState = 'running' | 'closed' | 'unknown';

export interface ReconcileInput {
  host: string;
}

/** One device that the sweep has dealt with or left alone, and why. */
export interface ReconciledDevice {
  uuid: string;
  type: string;
  guest: string | null;
  /** Workflow id of the migration that it belonged to. */
  migration: string | null;
  why: string;
}

export interface ReconcileReport {
  host: string;
  /** ISO 8601, the host's clock. */
  at: string;
  /** Claims of closed migrations whose guest is not here: given back; devices that we had made are gone. */
  released: ReconciledDevice[];
  /** Claims of closed migrations whose guest runs here on them: turned into a note that we made the device. */
  consumed: ReconciledDevice[];
  /** Devices that we had created and nobody uses: removed. */
  removed: ReconciledDevice[];
  /** Devices that could not be repaired: set aside, never handed out. */
  quarantined: ReconciledDevice[];
  /** Left alone, with the reason: a running migration holds it, a domain uses it. */
  kept: ReconciledDevice[];
  /** What a person has to look at. */
  attention: string[];
}

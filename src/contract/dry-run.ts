/** What a migration would find on both hosts, asked beforehand: `vgpu-ferry migrate --dry-run`. */
import type { FailedCheck } from './errors';
import type { HostVersions, MdevUse, MigrationRef, WayToPeer } from './migration';

export interface CheckDestinationInput {
  migration: MigrationRef;
  /** The guest's devices, in the order of its XML. */
  requests: { source: string; type: string }[];
}

/** What the destination says of itself. Nothing is claimed: another migration may be there first. */
export interface DestinationFacts {
  host: string;
  protocol: number;
  versions: HostVersions;
  /** Empty if some can't be served; then a check has failed. */
  mdevs: PlannedMdev[];
  failed: FailedCheck[];
}

/** The device that a claim would choose now. */
export interface PlannedMdev {
  type: string;
  /** The guest's device on its source. */
  source: string;
  /** An existing device; null = one would be made. */
  target: string | null;
  parent: string;
}

/** Null: its agent gave no facts; a failed check says why. */
export type SideReport = { protocol: number; versions: HostVersions } | null;

export interface DryRun {
  guest: string;
  /** Null: the source did not tell. */
  guestName: string | null;
  source: string;
  destination: string;
  /** No check has failed: a migration would begin. */
  ready: boolean;
  hosts: { source: SideReport; destination: SideReport };
  /** The guest's devices; null: the source did not tell. */
  devices: MdevUse[] | null;
  planned: PlannedMdev[];
  /** From the source to the destination; null: the source did not tell. */
  way: WayToPeer | null;
  /**
   * QEMU itself was asked what it would refuse; null: its agent did not tell, or the guest does not run. False: its agent's `askQemu` is off, and what
   * QEMU alone knows shows only when a migration begins.
   */
  qemuAsked: boolean | null;
  /** Of both hosts, the source's first. */
  failed: FailedCheck[];
}

/** What a host's agent tells of its host to whoever asks: what the commands `hosts`, `guests` and `claims` show. */
import type { HostVersions, MdevUse } from './migration';

export interface HostInventory {
  host: string;
  /** The agent's data version. */
  protocol: number;
  /** ISO 8601, the host's clock. */
  at: string;
  versions: HostVersions;
  /** Outgoing migrations that this agent has in hand. */
  migrating: number;
  /** Every type that a parent offers or a device has, by name. */
  types: MdevTypeUse[];
  guests: GuestSummary[];
  /** Everything that the ledger holds. */
  records: LedgerRecord[];
}

/** Devices of one mdev type on a host. Each existing device is counted once: used, claimed, quarantined, free or inactive. */
export interface MdevTypeUse {
  type: string;
  /** For people, if the parent tells one. */
  name: string | null;
  parents: string[];
  /** In a domain's XML, running or defined. */
  used: number;
  /** Held for a migration that is under way, its guest not here yet; a device still to be made counts too. */
  claimed: number;
  quarantined: number;
  /** Exist, active, and nobody uses them. */
  free: number;
  /** Defined, not active, and nobody uses them. */
  inactive: number;
  /** What the parents say can still be made, of this type alone. */
  creatable: number;
}

export interface GuestSummary {
  uuid: string;
  name: string;
  running: boolean;
  persistent: boolean;
  /** In the order of its XML; of a running guest, those it runs on. `type` is null if the host does not know the device. */
  mdevs: MdevUse[];
}

/** `created`: we had made the device for a guest that has arrived. */
export type RecordKind = 'claimed' | 'created' | 'quarantined';

export interface LedgerRecord {
  kind: RecordKind;
  /** Null: a damaged record, of which not even that can be read. */
  uuid: string | null;
  /** Of a damaged record nothing else is known. */
  type: string | null;
  parent: string | null;
  guest: string | null;
  /** Workflow id of the migration. */
  migration: string | null;
  /** ISO 8601, the host's clock. */
  since: string | null;
  /** Why it is in quarantine. */
  reason: string | null;
}

/** What a sweep has seen, and what each record's case is: all that the rules look at. */
import type { GuestOnHost, MigrationState } from '../contract';
import type { ClaimRecord, LedgerState } from '../claims';
import type { MdevDevice } from '../hypervisor/port';

export interface DomainFacts {
  uuid: string;
  name: string;
  seen: GuestOnHost;
  /** Its mdevs, lower case, of the live and of the persistent XML together; null = it could not be read, or in part. */
  mdevs: ReadonlySet<string> | null;
}

export interface SweepFacts {
  domains: readonly DomainFacts[];
  devices: readonly MdevDevice[];
  ledger: LedgerState;
  /** The migration that the record names. */
  migrationOf(record: ClaimRecord): MigrationState;
  /** Any migration of the record's guest, a later one too. */
  guestMigrationOf(record: ClaimRecord): MigrationState;
}

/** `moving`: a migration job is under way. `held`: complete or not, it may never have run here. `settled`: it has run. */
export type GuestCase = 'absent' | 'moving' | 'held' | 'settled';

export interface RecordCase {
  migration: MigrationState;
  guest: GuestCase;
  /** The guest's XML names a device of this claim: so it has come by this migration. */
  onClaim: boolean;
  /** Name of a domain whose XML names the device; null = none of those that could be read. */
  user: string | null;
  /** That domain is not the guest that the record is for. */
  foreignUser: boolean;
  /** Name of a domain that could not be read: it may use any device. */
  unread: string | null;
  /** It is in quarantine too. */
  setAside: boolean;
  /** The host has such a device, active or defined. */
  exists: boolean;
  whenUnused: 'remove' | 'keep' | 'not-told';
}

const HELD_REASONS: readonly string[] = ['user', 'migration', 'starting'];

export function guestCase(seen: GuestOnHost | undefined): GuestCase {
  if (!seen || seen.state === 'absent') return 'absent';
  if (seen.state === 'shut-off') return 'settled';
  if (seen.job === 'incoming' || seen.job === 'outgoing') return 'moving';
  return seen.state === 'paused' && HELD_REASONS.includes(seen.reason) ? 'held' : 'settled';
}

export function caseOfClaim(facts: SweepFacts, record: ClaimRecord): RecordCase {
  const devices = facts.ledger.claims.filter(({ claimId }) => claimId === record.claimId);
  const guest = facts.domains.find(({ uuid }) => uuid === record.guest);
  const onClaim = devices.some(({ target }) => guest?.mdevs?.has(target));
  return { ...shared(facts, record), migration: facts.migrationOf(record), onClaim };
}

export function caseOfNote(facts: SweepFacts, record: ClaimRecord): RecordCase {
  return { ...shared(facts, record), migration: facts.guestMigrationOf(record), onClaim: false };
}

function shared(facts: SweepFacts, record: ClaimRecord): Omit<RecordCase, 'migration' | 'onClaim'> {
  const { target, guest } = record;
  const users = facts.domains.filter(({ mdevs }) => mdevs?.has(target));
  const user = users.find(({ uuid }) => uuid !== guest) ?? users[0];
  return {
    guest: guestCase(facts.domains.find(({ uuid }) => uuid === guest)?.seen),
    user: user?.name ?? null,
    foreignUser: user !== undefined && user.uuid !== guest,
    unread: facts.domains.find(({ mdevs }) => mdevs === null)?.name ?? null,
    setAside: facts.ledger.quarantined.some(({ uuid }) => uuid === target),
    exists: facts.devices.some(({ uuid }) => uuid.toLowerCase() === target),
    whenUnused: record.whenUnused ?? 'not-told',
  };
}

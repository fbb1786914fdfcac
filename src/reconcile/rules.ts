/**
 * What a sweep does with each record of the ledger: the first row that holds decides. Only the ledger's own devices are
 * ever in question, and no row but `keep` is reached by one that a domain uses, except to note that its guest has arrived.
 */
import type { RecordCase } from './facts';

export type SweepAction = 'release' | 'consume' | 'remove' | 'quarantine' | 'keep';

export interface SweepRule {
  when: (record: RecordCase) => boolean;
  action: SweepAction;
  why: (record: RecordCase) => string;
  /** What a person has to do about it; the device and its guest are named by whoever reports it. */
  attention?: string;
}

const temporalSilent = 'Temporal cannot say whether a migration of its guest runs';
const unread = ({ unread: name }: RecordCase): string =>
  `domain ${name} could not be read, and may use any device`;
const usedBy = ({ user }: RecordCase): string => `domain ${user} uses it`;

/** Devices held by a migration. */
export const CLAIM_RULES: readonly SweepRule[] = [
  { when: ({ migration }) => migration === 'running', action: 'keep', why: () => 'its migration is running' },
  { when: ({ migration }) => migration === 'unknown', action: 'keep', why: () => temporalSilent },
  {
    when: ({ foreignUser }) => foreignUser,
    action: 'keep',
    why: (record) => `${usedBy(record)}, which it was not claimed for`,
    attention: 'is claimed by a migration that is over, and used by a domain that it was not claimed for',
  },
  {
    // A crash came between the two writes of the ledger; only the record is touched.
    when: ({ setAside }) => setAside,
    action: 'quarantine',
    why: () => 'it is in quarantine already; its claim is ended',
  },
  {
    when: ({ guest }) => guest === 'moving',
    action: 'keep',
    why: () => 'a migration job of its guest is under way',
  },
  {
    when: ({ guest, onClaim }) => guest === 'held' && onClaim,
    action: 'keep',
    why: () => 'its guest is here, paused, and may be the only copy',
    attention:
      'is held by a guest that is paused here after its migration has ended. This may be the only copy: look whether it runs on the source; if it does not, "virsh resume" it here',
  },
  {
    when: ({ guest, onClaim }) => guest === 'settled' && onClaim,
    action: 'consume',
    why: () => 'its guest has arrived here by this claim',
  },
  { when: ({ unread: name }) => name !== null, action: 'keep', why: unread },
  {
    when: ({ guest }) => guest === 'held',
    action: 'keep',
    why: () => 'its guest is paused here on other devices; it is given back once that is settled',
  },
  {
    when: ({ guest }) => guest === 'settled',
    action: 'release',
    why: () => 'its migration is over, and its guest came here another way',
  },
  {
    when: ({ guest }) => guest === 'absent',
    action: 'release',
    why: () => 'its migration is over, and its guest is not here',
  },
];

/** Devices that we had created and whose guest has arrived; claimed ones are judged as claims. */
export const NOTE_RULES: readonly SweepRule[] = [
  {
    when: ({ user, exists }) => user !== null && !exists,
    action: 'keep',
    why: (record) => `${usedBy(record)}, and the host does not list it`,
    attention: 'has vanished from the host while a domain uses it',
  },
  { when: ({ user }) => user !== null, action: 'keep', why: usedBy },
  { when: ({ setAside }) => setAside, action: 'keep', why: () => 'it is in quarantine' },
  { when: ({ unread: name }) => name !== null, action: 'keep', why: unread },
  {
    // Its clean-up is that migration's, by its own policy.
    when: ({ migration }) => migration === 'running',
    action: 'keep',
    why: () => 'a migration of its guest is running',
  },
  { when: ({ migration }) => migration === 'unknown', action: 'keep', why: () => temporalSilent },
  {
    when: ({ guest }) => guest !== 'absent',
    action: 'keep',
    why: () => 'its guest is here without it, and may take it back',
  },
  {
    when: ({ exists }) => !exists,
    action: 'remove',
    why: () => 'it has vanished from the host; its record goes',
    attention: 'was made by us, and has vanished from the host. Its record was removed',
  },
  {
    when: ({ whenUnused }) => whenUnused === 'keep',
    action: 'keep',
    why: () => 'a migration left it behind on purpose (sourceMdevs: keep)',
  },
  {
    when: ({ whenUnused }) => whenUnused === 'not-told',
    action: 'keep',
    why: () =>
      'nobody uses it; its record is of an older version, and does not tell whether it was kept on purpose',
  },
  {
    when: () => true,
    action: 'remove',
    why: () => 'we had made it, its guest is gone, and no domain uses it',
  },
];

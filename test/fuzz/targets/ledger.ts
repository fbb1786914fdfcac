/** The ledger's record files: torn, rotten, forged, or of another kind altogether. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type QuarantinedDevice, ClaimStore } from '../../../src/claims/store';
import { type ClaimRecord, encode } from '../../../src/claims/record';
import { CrashDisk } from '../../claims/crash-disk';
import { type Outcome, must, textTarget, valueTarget } from '../target';

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const DIR = '/ledger';
const FOLDERS = ['claims', 'created', 'quarantine'];

const RECORD: ClaimRecord = {
  ...{ version: 1, claimId: 'claim-1', guest: uuid(1), type: 'nvidia-471', parent: 'pci_0000_41_00_0' },
  migration: { workflow: `live-migrate:${uuid(1)}`, run: uuid(2) },
  ...{ source: uuid(3), target: uuid(4), created: true, claimedAt: '2026-01-02T03:04:05.678Z' },
};

/** A good one beside it: a damaged record must not take others with it. */
const OTHER: ClaimRecord = { ...RECORD, target: uuid(5), source: uuid(6) };

export const ledgerFiles = textTarget({
  name: 'ledger-files',
  about:
    "A file of the ledger: its record is what was written, or it is set aside and its device is never handed out; other devices' records stay.",
  samples: {
    claims: encode(RECORD),
    created: encode({ ...RECORD, whenUnused: 'remove' }),
    quarantine: encode({ record: RECORD, reason: 'stuck', since: RECORD.claimedAt }),
  },
  tokens: [
    '"',
    '{',
    '}',
    '[',
    '"content":',
    '"checksum":',
    uuid(4),
    uuid(5),
    '"__proto__": {},',
    '"version": 2',
    '\\u0000',
  ],
  judge: (text, { base }) => judge(text, base),
});

/** Who can write there can also make a checksum. */
export const forgedRecords = valueTarget({
  name: 'ledger-forged',
  about:
    'A record whose checksum is right and whose content is not: set aside as well; nothing but a record of its form is read.',
  bases: { claims: RECORD, created: { ...RECORD, whenUnused: 'keep' } },
  tokens: [uuid(5), uuid(4).toUpperCase(), '../../etc/passwd', 2, '2026-13-45', true],
  judge: (value, base) => judge(forged(value), base),
});

async function judge(text: string, folder: string): Promise<Outcome> {
  const disk = new CrashDisk();
  const told: QuarantinedDevice[] = [];
  const store = new ClaimStore(disk, DIR, (device) => told.push(device));
  await store.prepare();
  disk.plant(join(DIR, 'claims', `${OTHER.target}.json`), encode(OTHER));
  disk.plant(join(DIR, folder, `${RECORD.target}.json`), text);
  const first = await store.read();
  const records = [...first.claims, ...first.created].filter(({ target }) => target !== OTHER.target);
  must(
    first.claims.some(({ target }) => target === OTHER.target),
    'the good record is gone',
  );
  const known = [...records.map(({ target }) => target), ...first.quarantined.map(({ uuid }) => uuid)];
  must(known.includes(RECORD.target), 'its device would be handed out');
  must(records.length + first.quarantined.length === 1, `${known.length} devices are told of`);
  must(JSON.stringify(await store.read()).length > 0 && told.length <= 1, 'told again when it is read again');
  const places = new Set(disk.paths().map((path) => path.split('/')[2]));
  must(
    [...places].every((place) => FOLDERS.includes(place!)),
    'something was written elsewhere',
  );
  return first.damaged.length > 0 ? 'set aside' : 'read';
}

function forged(content: unknown): string {
  try {
    const checksum = createHash('sha256')
      .update(String(JSON.stringify(content)))
      .digest('hex');
    return JSON.stringify({ checksum, content });
  } catch {
    return `{"checksum":"0","content":${'['.repeat(50_000)}${']'.repeat(50_000)}}`; // too deep to be written so
  }
}

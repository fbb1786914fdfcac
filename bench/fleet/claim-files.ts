/** Records of a ledger as the product writes them, of migrations that are not over. */
import { type ClaimRecord, encode } from '../../src/claims/record';
import { numberedUuid } from '../suites/documents';

const TARGET = 'c1a10000-0000-4000-8000-000000000000';
const SOURCE = 'c1a15000-0000-4000-8000-000000000000';
const GUEST = 'c1a16000-0000-4000-8000-000000000000';

export function* claimFiles(count: number): Generator<[name: string, text: string]> {
  for (let i = 1; i <= count; i++) {
    const record = claimRecord(i);
    yield [`${record.target}.json`, encode(record)];
  }
}

function claimRecord(index: number): ClaimRecord {
  const guest = numberedUuid(GUEST, index);
  return {
    version: 1,
    claimId: `claim-${index}`,
    migration: { workflow: `live-migrate:${guest}`, run: `run-${index}` },
    ...{ guest, type: 'bench-other', parent: 'pci_0000_c1_00_0' },
    ...{ source: numberedUuid(SOURCE, index), target: numberedUuid(TARGET, index) },
    created: false,
    claimedAt: '2026-01-01T00:00:00.000Z',
  };
}

/** A ledger in a new directory, and the words its tests are written in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLedger, type Choose, type Ledger, type LedgerOptions, type MdevRequest } from '../../src/claims';

export const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
export const owner = (n: number): { workflow: string; run: string; guest: string } => ({
  workflow: `live-migrate:g${n}`,
  run: `run-${n}`,
  guest: `g${n}`,
});
export const requests = (count: number): MdevRequest[] =>
  Array.from({ length: count }, (_, n) => ({ source: uuid(900 + n), type: `t-${n % 2}` }));

/** Target device numbers `first`, `first + 1`, …: one for each request that is missing. */
export const give =
  (first: number, created = false): Choose =>
  (_state, missing) =>
    missing.map((request, index) => ({ ...request, target: uuid(first + index), parent: 'pci_0', created }));

export const mustNotChoose: Choose = () => {
  throw new Error('there was nothing to choose');
};

const made: string[] = [];

export function newDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'ledger-'));
  made.push(dir);
  return dir;
}

export function removeDirectories(): void {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true });
}

export function ledgerIn(dir: string, options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  let claims = 0;
  return openLedger(dir, {
    host: 'host-b',
    onDamage: (device) => {
      throw new Error(`unexpected damage: ${device.reason}`);
    },
    newClaimId: () => `claim-${++claims}`,
    now: () => new Date('2026-01-02T03:04:05.678Z'),
    ...options,
  });
}

export const targetsOf = (records: { target: string }[]): string[] => records.map((record) => record.target);

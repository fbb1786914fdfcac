/** One mdev claimed and released again, with no device made. */
import type { Ledger } from '../../src/claims';

const owner = (number: number) => ({ workflow: `live-migrate:${number}`, run: `run-${number}` });

export async function claimOne(ledger: Ledger, number: number): Promise<string> {
  const uuid = (kind: string): string =>
    `${kind.repeat(8)}-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const request = { source: uuid('a'), type: 'nvidia-471' };
  const device = { ...request, parent: 'pci_0000_41_00_0', target: uuid('b'), created: true };
  const { claimId } = await ledger.claim({ ...owner(number), guest: uuid('c') }, [request], () => [device]);
  return claimId;
}

export async function releaseOne(ledger: Ledger, number: number, claimId: string): Promise<void> {
  const { freed } = await ledger.release({ ...owner(number), claimId }, () =>
    Promise.resolve({ done: true }),
  );
  if (freed.length !== 1) throw new Error(`claim ${claimId} was not there to release`);
}

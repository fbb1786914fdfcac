/** A disk that refuses: told with its mend, nothing half done, and the same goes on when it takes again. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Disk, type Ledger, LedgerDiskError, type Written } from '../../src/claims';
import { hostDisk } from '../../src/claims/disk';
import {
  give,
  ledgerIn,
  newDirectory,
  owner,
  removeDirectories,
  requests,
  targetsOf,
  uuid,
} from './fixtures';

type Step = 'write' | 'fsync' | 'rename';

let dir: string;
let ledger: Ledger;
let refusing: { step: Step; code: string } | undefined;

const refuse = (step: Step): void => {
  if (refusing?.step !== step) return;
  const { code } = refusing;
  throw Object.assign(new Error(`${code}: no, ${step}`), { code, syscall: step });
};

const disk: Disk = {
  ...hostDisk,
  async write(path, text): Promise<Written> {
    refuse('write');
    const written = await hostDisk.write(path, text);
    return {
      async sync() {
        await written.sync();
        refuse('fsync');
      },
    };
  },
  async rename(from, to) {
    refuse('rename');
    await hostDisk.rename(from, to);
  },
};

beforeEach(async () => {
  refusing = undefined;
  dir = newDirectory();
  ledger = await ledgerIn(dir, { disk });
});
afterEach(removeDirectories);

const files = (folder: string): string[] => readdirSync(join(dir, folder));

describe.each<Step>(['write', 'fsync', 'rename'])('a disk that is full at the %s', (step) => {
  test('of a claim: nothing is claimed, nothing lies about, and it can be claimed when there is room', async () => {
    refusing = { step, code: 'ENOSPC' };
    const claim = ledger.claim(owner(1), requests(1), give(1));
    await expect(claim).rejects.toThrow(LedgerDiskError);
    await expect(claim).rejects.toThrow(`host-b: the ledger in ${dir} cannot be written: ENOSPC`);
    await expect(claim).rejects.toThrow(/Make room on that disk/);
    expect((await ledger.list()).claims).toEqual([]);
    expect(files('claims')).toEqual([]);
    refusing = undefined;
    const { records } = await ledger.claim(owner(1), requests(1), give(1));
    expect(targetsOf(records)).toEqual([uuid(1)]);
    expect(files('claims')).toHaveLength(1);
  });

  test('of the end of a claim: it stands, and ends when there is room', async () => {
    const { claimId } = await ledger.claim(owner(1), requests(1), give(1, true));
    refusing = { step, code: 'EDQUOT' };
    await expect(ledger.consume(claimId, owner(1))).rejects.toThrow(LedgerDiskError);
    expect((await ledger.list()).claims).toHaveLength(1);
    refusing = undefined;
    expect(await ledger.consume(claimId, owner(1))).toHaveLength(1);
    expect(await ledger.list()).toMatchObject({ claims: [], created: [expect.anything()] });
  });

  test('of a quarantine: the device stays claimed, so it is not handed out', async () => {
    const { claimId } = await ledger.claim(owner(1), requests(1), give(1, true));
    refusing = { step, code: 'EIO' };
    const aside = ledger.release({ ...owner(1), claimId }, async () => ({ done: false, quarantine: 'odd' }));
    await expect(aside).rejects.toThrow(/Look at that disk/);
    expect((await ledger.list()).claims).toHaveLength(1);
  });
});

test.each([
  ['EROFS', /ReadWritePaths/],
  ['EACCES', /to the agent's user/],
  ['EMFILE', /LimitNOFILE/],
])('%s has a mend of its own', async (code, mend) => {
  refusing = { step: 'write', code };
  await expect(ledger.claim(owner(1), requests(1), give(1))).rejects.toThrow(mend);
});

test('what is no fault of the disk is told as it is', async () => {
  const fault = Object.assign(new Error('from elsewhere'), { code: 'ENOSPC' });
  const claim = ledger.claim(owner(1), requests(1), () => Promise.reject(fault));
  await expect(claim).rejects.toBe(fault);
});

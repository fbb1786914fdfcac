/** What concerns one device reads its own record, however many others a busy host has. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../../src/claims';
import { type Disk, hostDisk } from '../../src/claims/disk';
import { give, ledgerIn, newDirectory, owner, removeDirectories, requests, uuid } from './fixtures';

const OTHERS = 12;

let dir: string;
let ledger: Ledger;
let read: string[];

beforeEach(async () => {
  read = [];
  const disk: Disk = {
    ...hostDisk,
    read: (path) => {
      read.push(path.split('/').slice(-2).join('/'));
      return hostDisk.read(path);
    },
  };
  dir = newDirectory();
  ledger = await ledgerIn(dir, { disk });
  await ledger.claim(owner(1), requests(OTHERS), give(100, true));
  const { claimId } = await ledger.claim(owner(2), requests(1), give(1, true));
  await ledger.consume(claimId, owner(2));
  read = [];
});
afterEach(removeDirectories);

const CREATED = `created/${uuid(1)}.json`;

test('whether it was made here', async () => {
  expect(await ledger.created(uuid(1))).toMatchObject({ target: uuid(1) });
  expect(read).toEqual([CREATED]);
});

test('its removal', async () => {
  expect(await ledger.removeCreated(uuid(1), async () => undefined)).toBe('removed');
  expect(read).toEqual([CREATED, `claims/${uuid(1)}.json`]);
  expect(await ledger.removeCreated(uuid(1), async () => undefined)).toBe('not-ours');
});

test('that it is kept', async () => {
  await ledger.keepCreated(uuid(1));
  expect(read).toEqual([CREATED]);
  expect(await ledger.created(uuid(1))).toMatchObject({ whenUnused: 'keep' });
});

test('the making of a claim’s devices', async () => {
  const claim = await ledger.claim(owner(3), requests(1), give(2, true));
  read = [];
  await ledger.whileHeld(claim, owner(3), async () => undefined);
  expect(read).toEqual([`claims/${uuid(2)}.json`]);
});

test('a folder that has gone is no proof that there is no record', async () => {
  rmSync(join(dir, 'claims'), { recursive: true });
  const remove = jest.fn();
  await expect(ledger.removeCreated(uuid(1), remove)).rejects.toThrow(/claims/);
  expect(remove).not.toHaveBeenCalled();
});

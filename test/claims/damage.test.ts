import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger, QuarantinedDevice } from '../../src/claims';
import { type Disk, hostDisk } from '../../src/claims/disk';
import { decodeClaim } from '../../src/claims/record';
import {
  give,
  ledgerIn,
  mustNotChoose,
  newDirectory,
  owner,
  removeDirectories,
  requests,
  targetsOf,
  uuid,
} from './fixtures';

let dir: string;
let ledger: Ledger;
let reported: QuarantinedDevice[];
const path = (folder: string, target: string): string => join(dir, folder, `${target}.json`);

beforeEach(async () => {
  dir = newDirectory();
  reported = [];
  ledger = await ledgerIn(dir, { onDamage: (device) => reported.push(device) });
});
afterEach(removeDirectories);

test('a record cut off at any byte is not taken for one, nor is one with any bit turned taken for another', async () => {
  await ledger.claim(owner(1), requests(1), give(1));
  const whole = readFileSync(path('claims', uuid(1)));
  const good = decodeClaim(whole.toString());
  expect(good.ok).toBe(true);
  for (let length = 0; length < whole.length; length++) {
    expect(decodeClaim(whole.subarray(0, length).toString()).ok).toBe(false);
  }
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const rotten = Buffer.from(whole);
    rotten[bit >> 3]! ^= 1 << (bit & 7);
    const decoded = decodeClaim(rotten.toString());
    // A space may rot into another space: then it is still the same record.
    if (decoded.ok) expect(decoded).toEqual(good);
  }
});

test('a torn record is set aside, told, and its device is not handed out again', async () => {
  await ledger.claim(owner(1), requests(2), give(1));
  writeFileSync(path('claims', uuid(2)), readFileSync(path('claims', uuid(2))).subarray(0, 100));

  const again = await ledger.claim(owner(1), requests(2), give(3));
  expect(targetsOf(again.records)).toEqual([uuid(1), uuid(3)]);
  expect(again.damaged).toMatchObject([{ uuid: uuid(2), record: null }]);
  expect(reported).toMatchObject([{ uuid: uuid(2), reason: expect.stringContaining('torn') }]);
  expect(readFileSync(again.damaged[0]!.file)).toHaveLength(100);

  await expect(ledger.claim(owner(2), requests(1), give(2))).rejects.toThrow(/quarantined/);
  await ledger.list();
  expect(reported).toHaveLength(1);
});

test.each<[string, (text: string) => string, RegExp]>([
  ['empty', () => '', /torn/],
  ['not an envelope', () => '{"a":1}', /torn/],
  ['without a content', () => '{"checksum":"1"}', /checksum/],
  ['changed by hand', (text) => text.replace('pci_0', 'pci_1'), /checksum/],
  ['that of another device', () => readFileSync(path('claims', uuid(1)), 'utf8'), /another device/],
])('a record that is %s is set aside', async (_name, change, reason) => {
  await ledger.claim(owner(1), requests(2), give(1));
  writeFileSync(path('claims', uuid(2)), change(readFileSync(path('claims', uuid(2)), 'utf8')));
  const { claims, damaged, quarantined } = await ledger.list();
  expect(targetsOf(claims)).toEqual([uuid(1)]);
  expect(damaged).toEqual(quarantined);
  expect(reported).toMatchObject([{ uuid: uuid(2), reason: expect.stringMatching(reason) }]);
});

test('a record of another version, with a right checksum, is not guessed at', async () => {
  const { createHash } = await import('node:crypto');
  await ledger.claim(owner(1), requests(1), give(1));
  const { content } = JSON.parse(readFileSync(path('claims', uuid(1)), 'utf8')) as { content: object };
  const newer = { ...content, version: 2 };
  writeFileSync(
    path('claims', uuid(1)),
    JSON.stringify({
      checksum: createHash('sha256').update(JSON.stringify(newer)).digest('hex'),
      content: newer,
    }),
  );
  expect((await ledger.list()).damaged).toHaveLength(1);
  expect(reported).toMatchObject([
    { reason: expect.stringMatching(/not of the form that this version reads.*version/s) },
  ]);
});

test('a damaged record of a device of ours is set aside too, beside a damaged claim of the same device', async () => {
  for (const folder of ['claims', 'created']) writeFileSync(path(folder, uuid(1)), folder);
  expect((await ledger.list()).damaged.map((device) => device.uuid)).toEqual([uuid(1), uuid(1)]);
  expect(readdirSync(join(dir, 'quarantine'))).toHaveLength(2);
});

test('a damaged quarantine still tells its device', async () => {
  const { records } = await ledger.claim(owner(1), requests(1), give(1));
  await ledger.quarantine(records[0]!, 'stuck');
  writeFileSync(path('quarantine', uuid(1)), '');
  expect((await ledger.list()).damaged).toMatchObject([{ uuid: uuid(1), record: null }]);
  await expect(ledger.claim(owner(2), requests(1), give(1))).rejects.toThrow(/quarantined/);
});

test.each<[string, (path: string) => void, RegExp]>([
  ['megabytes', (path) => writeFileSync(path, ' '.repeat(5_000_000)), /longer than any record/],
  ['a link to another file', (path) => symlinkSync('/etc/passwd', path), /cannot be read \(ELOOP\)/],
  ['a pipe that nobody writes to', (path) => void execFileSync('mkfifo', [path]), /torn/],
  [
    'lists without end',
    (path) => writeFileSync(path, `{"checksum":"","content":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
    /nested too deeply/,
  ],
])('in place of a record, %s: set aside, and the rest is read', async (_what, make, reason) => {
  await ledger.claim(owner(1), requests(1), give(1));
  make(path('claims', uuid(7)));
  const { claims, damaged } = await ledger.list();
  expect(targetsOf(claims)).toEqual([uuid(1)]);
  expect(damaged).toMatchObject([{ uuid: uuid(7), record: null }]);
  expect(reported).toMatchObject([{ reason: expect.stringMatching(reason) }]);
  await expect(ledger.claim(owner(2), requests(1), give(7))).rejects.toThrow(/quarantined/);
});

test('a reason without end is kept in part: its record stays readable', async () => {
  const { records } = await ledger.claim(owner(1), requests(1), give(1));
  await ledger.quarantine(records[0]!, 'x'.repeat(200_000));
  const { quarantined, damaged } = await ledger.list();
  expect(damaged).toEqual([]);
  expect(quarantined[0]!.reason).toHaveLength(4_000);
});

test('a file or directory of no known name is set aside without a device', async () => {
  writeFileSync(join(dir, 'claims', 'notes.txt'), 'x');
  mkdirSync(join(dir, 'claims', `${uuid(4)}.json`));
  const { damaged } = await ledger.list();
  expect(damaged.map((device) => device.uuid).sort()).toEqual([uuid(4), null].sort());
  expect(await ledger.claim(owner(1), [], mustNotChoose)).toMatchObject({ records: [] });
});

test('a quarantine that a person lifts while it is read is none', async () => {
  const lifted: Disk = {
    ...hostDisk,
    list: async (path) => [
      ...(await hostDisk.list(path)),
      ...(path.endsWith('quarantine') ? [`${uuid(9)}.json`] : []),
    ],
  };
  const reading = await ledgerIn(dir, { disk: lifted });
  expect((await reading.list()).quarantined).toEqual([]);
});

/** The power is cut before every single call to the disk, and everything that was answered must still be true. */
import { join } from 'node:path';
import type { Ledger, UndoOutcome } from '../../src/claims';
import { CrashDisk, PowerCut } from './crash-disk';
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

const undone = async (): Promise<UndoOutcome> => ({ done: true });
const NAMES = ['synced', 'latest'] as const;
let dir: string;

// The lock is a real file; all else is on the simulated disk.
beforeEach(() => (dir = newDirectory()));
afterEach(removeDirectories);

interface Cut {
  /** The call came back before the power went. */
  answered: boolean;
  after: Ledger;
  disk: CrashDisk;
}

/** Runs `act` again and again, on a ledger prepared by `before`, with the power cut before each call in turn, and at last after it. */
async function atEveryCut(
  before: (ledger: Ledger) => Promise<unknown>,
  act: (ledger: Ledger) => Promise<unknown>,
  check: (cut: Cut) => Promise<void>,
): Promise<void> {
  for (const names of NAMES) {
    for (let calls = 0, answered = false; !answered; calls++) {
      const disk = new CrashDisk();
      const ledger = await ledgerIn(dir, { disk });
      await before(ledger);
      disk.cutAfter(calls);
      answered = await act(ledger).then(
        () => true,
        (error: unknown) => {
          expect(error).toBeInstanceOf(PowerCut);
          return false;
        },
      );
      const found = disk.restart(names);
      // Damage would throw: the ledgers of these tests don't expect any.
      await check({
        answered,
        after: await ledgerIn(dir, { disk: found, newClaimId: () => 'of-the-restarted' }),
        disk: found,
      });
    }
  }
}

const nothing = async (): Promise<void> => undefined;

test('a claim: whole if it was answered; else each record whole or absent, and completed when it is asked for again', async () => {
  let partial = 0;
  await atEveryCut(
    nothing,
    (ledger) => ledger.claim(owner(1), requests(3), give(1, true)),
    async ({ answered, after }) => {
      const left = (await after.list()).claims;
      if (answered) expect(left).toHaveLength(3);
      if (left.length > 0 && left.length < 3) partial++;
      const again = await after.claim(owner(1), requests(3), give(10, true));
      expect(again.records).toHaveLength(3);
      expect(new Set(again.records.map((record) => record.claimId)).size).toBe(1);
      expect(targetsOf(again.records)).toEqual(expect.arrayContaining(targetsOf(left)));
      expect((await after.list()).claims).toHaveLength(3);
    },
  );
  expect(partial).toBeGreaterThan(0);
});

test('a release: each record is there until its device was undone, and gone if it was answered', async () => {
  let undoneTargets: string[] = [];
  await atEveryCut(
    (ledger) => {
      undoneTargets = [];
      return ledger.claim(owner(1), requests(2), give(1, true));
    },
    (ledger) =>
      ledger.release(owner(1), async (record) => {
        undoneTargets.push(record.target);
        return { done: true };
      }),
    async ({ answered, after }) => {
      const left = targetsOf((await after.list()).claims);
      expect([...left, ...undoneTargets]).toEqual(expect.arrayContaining([uuid(1), uuid(2)]));
      if (answered) expect(left).toEqual([]);
      await after.release(owner(1), undone);
      expect((await after.list()).claims).toEqual([]);
    },
  );
});

test('a consumption: a device of ours is in one folder at least, and called again it ends well', async () => {
  await atEveryCut(
    (ledger) => ledger.claim(owner(1), requests(2), give(1, true)),
    (ledger) => ledger.consume('claim-1', owner(1)),
    async ({ answered, after }) => {
      const { claims, created } = await after.list();
      expect(new Set([...targetsOf(claims), ...targetsOf(created)])).toEqual(new Set([uuid(1), uuid(2)]));
      if (answered) expect([claims.length, created.length]).toEqual([0, 2]);
      await after.consume('claim-1', owner(1));
      const end = await after.list();
      expect([targetsOf(end.claims), targetsOf(end.created)]).toEqual([[], [uuid(1), uuid(2)]]);
    },
  );
});

test('a consumption that was cut short and then released leaves nothing', async () => {
  await atEveryCut(
    (ledger) => ledger.claim(owner(1), requests(1), give(1, true)),
    (ledger) => ledger.consume('claim-1', owner(1)),
    async ({ after }) => {
      if ((await after.list()).claims.length === 0) return;
      await after.release(owner(1), undone);
      expect(await after.list()).toEqual({ claims: [], created: [], quarantined: [], damaged: [] });
    },
  );
});

test('a quarantine: the device is claimed or quarantined at every moment', async () => {
  await atEveryCut(
    (ledger) => ledger.claim(owner(1), requests(1), give(1)),
    (ledger) => ledger.release(owner(1), async () => ({ done: false, quarantine: 'stuck' })),
    async ({ answered, after }) => {
      const { claims, quarantined } = await after.list();
      expect(targetsOf(claims).concat(quarantined.map((device) => device.uuid ?? ''))).toContain(uuid(1));
      if (answered) expect([claims.length, quarantined.length]).toEqual([0, 1]);
    },
  );
});

test('forgetting a device of ours lasts', async () => {
  await atEveryCut(
    async (ledger) => {
      await ledger.claim(owner(1), requests(1), give(1, true));
      await ledger.consume('claim-1', owner(1));
    },
    (ledger) => ledger.forgetCreated(uuid(1)),
    async ({ answered, after }) => {
      if (answered) expect((await after.list()).created).toEqual([]);
    },
  );
});

test('half-written files are removed when the ledger is opened', async () => {
  await atEveryCut(
    nothing,
    (ledger) => ledger.claim(owner(1), requests(2), give(1)),
    async ({ disk }) => {
      expect(disk.paths().filter((path) => path.endsWith('.tmp'))).toEqual([]);
    },
  );
});

test('setting a damaged record aside loses it in neither folder', async () => {
  const damagedPath = join(dir, 'claims', `${uuid(5)}.json`);
  for (const names of NAMES) {
    for (let calls = 0, answered = false; !answered; calls++) {
      const disk = new CrashDisk();
      const ledger = await ledgerIn(dir, { disk, onDamage: () => undefined });
      disk.plant(damagedPath, 'torn');
      disk.cutAfter(calls);
      answered = await ledger.list().then(
        () => true,
        () => false,
      );
      const after = await ledgerIn(dir, { disk: disk.restart(names), onDamage: () => undefined });
      expect((await after.list()).damaged.map((device) => device.uuid)).toContain(uuid(5));
    }
  }
});

test('the folders’ own names are flushed, and the state directory’s', async () => {
  const disk = new CrashDisk();
  await ledgerIn(dir, { disk });
  const made = disk.calls.findLastIndex((call) => call.startsWith('mkdir'));
  expect(disk.calls.slice(made + 1)).toEqual(
    expect.arrayContaining([`sync ${dir}`, `sync ${join(dir, '..')}`]),
  );
});

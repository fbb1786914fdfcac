import { ClaimConflictError, type ClaimRecord, type Ledger, type UndoOutcome } from '../../src/claims';
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

const undone = async (): Promise<UndoOutcome> => ({ done: true });
let dir: string;
let ledger: Ledger;

beforeEach(async () => {
  dir = newDirectory();
  ledger = await ledgerIn(dir);
});
afterEach(removeDirectories);

describe('a claim', () => {
  test('records all that is known of each device', async () => {
    await ledger.claim(owner(1), requests(1), give(1, true));
    expect((await ledger.list()).claims).toEqual([
      {
        version: 1,
        claimId: 'claim-1',
        migration: { workflow: 'live-migrate:g1', run: 'run-1' },
        guest: 'g1',
        type: 't-0',
        parent: 'pci_0',
        source: uuid(900),
        target: uuid(1),
        created: true,
        claimedAt: '2026-01-02T03:04:05.678Z',
      },
    ]);
  });

  test('answers in the order of the requests, whatever the order of the choice or of the files', async () => {
    const backwards = async (): Promise<ReturnType<typeof targetsOf>> =>
      targetsOf(
        (
          await ledger.claim(owner(1), requests(3), async (state, missing) => [
            ...(await give(1)(state, [...missing].reverse())),
          ])
        ).records,
      );
    expect(await backwards()).toEqual([uuid(3), uuid(2), uuid(1)]);
    expect(await backwards()).toEqual([uuid(3), uuid(2), uuid(1)]);
  });

  test('is the same when it is asked for again, also by a new process', async () => {
    const first = await ledger.claim(owner(1), requests(2), give(1));
    expect(await ledger.claim(owner(1), requests(2), mustNotChoose)).toEqual(first);
    expect(await (await ledgerIn(dir)).claim(owner(1), requests(2), mustNotChoose)).toEqual(first);
  });

  test('by an attempt that began before its migration has released is refused; by a later one it is not', async () => {
    const began = ledger.moment();
    await ledger.claim(owner(2), requests(1), give(2), began);
    await ledger.release(owner(1), undone); // it holds nothing yet, and has given the attempt up
    await expect(ledger.claim(owner(1), requests(1), mustNotChoose, began)).rejects.toThrow(
      ClaimConflictError,
    );
    expect((await ledger.list()).claims.map(({ guest }) => guest)).toEqual(['g2']);
    const other = { ...owner(1), run: 'run-2' };
    expect((await ledger.claim(other, requests(1), give(3), began)).records).toHaveLength(1);
    expect((await ledger.claim(owner(1), requests(1), give(1), ledger.moment())).records).toHaveLength(1);
  });

  test('of nothing is nothing', async () => {
    expect(await ledger.claim(owner(1), [], mustNotChoose)).toEqual({
      claimId: '',
      records: [],
      damaged: [],
    });
  });

  test('shows the choice what others hold, and the same guest in another run is another', async () => {
    await ledger.claim(owner(1), requests(1), give(1));
    const seen: string[] = [];
    const second = await ledger.claim({ ...owner(1), run: 'run-2' }, requests(1), (state, missing) => {
      seen.push(...targetsOf(state.claims));
      return give(2)(state, missing);
    });
    expect(seen).toEqual([uuid(1)]);
    expect(second.claimId).toBe('claim-2');
  });

  test('whose choice throws claims nothing', async () => {
    const noCapacity = new Error('no capacity');
    await expect(ledger.claim(owner(1), requests(2), () => Promise.reject(noCapacity))).rejects.toBe(
      noCapacity,
    );
    expect((await ledger.list()).claims).toEqual([]);
  });

  test.each<
    [
      string,
      number,
      (
        missing: readonly { source: string; type: string }[],
      ) => { source: string; type: string; target: string }[],
      RegExp,
    ]
  >([
    ['too few', 2, ([first]) => [{ ...first!, target: uuid(5) }], /1 devices were chosen for 2 requests/],
    [
      'one device twice',
      2,
      (missing) => missing.map((request) => ({ ...request, target: uuid(5) })),
      /0005 was chosen, but is claimed or quarantined/,
    ],
    [
      'another’s device',
      1,
      (missing) => missing.map((request) => ({ ...request, target: uuid(1) })),
      /0001 was chosen, but is claimed/,
    ],
    [
      'a quarantined device',
      1,
      (missing) => missing.map((request) => ({ ...request, target: uuid(2) })),
      /0002 was chosen, but is claimed or quarantined/,
    ],
    [
      'another type',
      1,
      (missing) => missing.map((request) => ({ ...request, type: 't-9', target: uuid(5) })),
      /required: one of its type/,
    ],
    [
      'one request twice',
      2,
      ([first]) => [5, 6].map((n) => ({ ...first!, target: uuid(n) })),
      /required: one of its type/,
    ],
  ])('refuses a choice of %s', async (_name, count, choice, message) => {
    const other = await ledger.claim(owner(7), requests(2), give(1));
    await ledger.quarantine(other.records[1]!, 'stuck');
    const claim = ledger.claim(owner(1), requests(count), (_state, missing) =>
      choice(missing).map((mdev) => ({ ...mdev, parent: 'p', created: false })),
    );
    await expect(claim).rejects.toThrow(ClaimConflictError);
    await expect(claim).rejects.toThrow(message);
    await expect(claim).rejects.toThrow('host-b: ');
    expect(targetsOf((await ledger.list()).claims)).toEqual([uuid(1)]);
  });

  test.each([
    ['a device less', requests(1)],
    ['another type', requests(2).map((request) => ({ ...request, type: 't-9' }))],
  ])('refuses another set of requests of the same migration: %s', async (_name, other) => {
    await ledger.claim(owner(1), requests(2), give(1));
    await expect(ledger.claim(owner(1), other, mustNotChoose)).rejects.toThrow(
      /already holds .* Release that claim first/,
    );
  });

  test('refuses one source device twice', async () => {
    const [request] = requests(1);
    await expect(ledger.claim(owner(1), [request!, request!], mustNotChoose)).rejects.toThrow(
      /requested twice/,
    );
  });
});

describe('while it is held', () => {
  test('devices may be created', async () => {
    const claim = await ledger.claim(owner(1), requests(2), give(1, true));
    expect(await ledger.whileHeld(claim, owner(1), async (records) => targetsOf(records))).toEqual([
      uuid(1),
      uuid(2),
    ]);
  });

  test.each([
    ['released', async (claimId: string) => void (await ledger.release({ ...owner(1), claimId }, undone))],
    ['consumed', async (claimId: string) => void (await ledger.consume(claimId, owner(1)))],
  ])('but not once it is %s', async (_name, end) => {
    const claim = await ledger.claim(owner(1), requests(1), give(1, true));
    await end(claim.claimId);
    const act = jest.fn();
    await expect(ledger.whileHeld(claim, owner(1), act)).rejects.toThrow(/no longer holds claim claim-1/);
    expect(act).not.toHaveBeenCalled();
  });

  test('not by another migration, nor by a claim that has got the device since', async () => {
    const claim = await ledger.claim(owner(1), requests(1), give(1, true));
    const act = jest.fn();
    await expect(ledger.whileHeld(claim, owner(2), act)).rejects.toThrow(/no longer holds/);
    await ledger.release({ ...owner(1), claimId: claim.claimId }, undone);
    await ledger.claim(owner(1), requests(1), give(1, true));
    await expect(ledger.whileHeld(claim, owner(1), act)).rejects.toThrow(/no longer holds/);
    expect(act).not.toHaveBeenCalled();
  });

  test('a release waits for the creation to end', async () => {
    const claim = await ledger.claim(owner(1), requests(1), give(1, true));
    const events: string[] = [];
    let finish = (): void => undefined;
    const started = new Promise<void>((resolve) => {
      void ledger.whileHeld(claim, owner(1), async () => {
        resolve();
        await new Promise<void>((done) => (finish = done));
        events.push('created');
      });
    });
    await started;
    const released = ledger.release(owner(1), async () => {
      events.push('undone');
      return { done: true };
    });
    finish();
    await released;
    expect(events).toEqual(['created', 'undone']);
  });
});

describe('a release', () => {
  test('undoes each device while its record is still there, then frees it', async () => {
    const { claimId } = await ledger.claim(owner(1), requests(2), give(1, true));
    const undo = jest.fn(undone);
    const answer = await ledger.release({ ...owner(1), claimId }, undo);
    expect(targetsOf(undo.mock.calls.map((call) => (call as unknown as [ClaimRecord])[0]))).toEqual([
      uuid(1),
      uuid(2),
    ]);
    expect(targetsOf(answer.freed)).toEqual([uuid(1), uuid(2)]);
    expect(await ledger.list()).toEqual({ claims: [], created: [], quarantined: [], damaged: [] });
  });

  test('a second time does nothing', async () => {
    await ledger.claim(owner(1), requests(1), give(1));
    await ledger.release(owner(1), undone);
    expect(await ledger.release(owner(1), () => Promise.reject(new Error('undone twice')))).toEqual({
      freed: [],
      quarantined: [],
    });
  });

  test.each([
    ['of another claim id', { ...owner(1), claimId: 'claim-9' }],
    ['of the empty claim id', { ...owner(1), claimId: '' }],
    ['of another workflow', { ...owner(1), workflow: 'live-migrate:g2' }],
    ['of another run', { ...owner(1), run: 'run-2' }],
    [
      'of another workflow, with the right claim id',
      { ...owner(1), workflow: 'live-migrate:g2', claimId: 'claim-1' },
    ],
  ])('%s frees nothing', async (_name, stale) => {
    await ledger.claim(owner(1), requests(1), give(1));
    expect(await ledger.release(stale, () => Promise.reject(new Error('undone')))).toEqual({
      freed: [],
      quarantined: [],
    });
    expect(targetsOf((await ledger.list()).claims)).toEqual([uuid(1)]);
  });

  test('of an earlier claim of the same migration frees nothing of the later one', async () => {
    const first = await ledger.claim(owner(1), requests(1), give(1));
    await ledger.release({ ...owner(1), claimId: first.claimId }, undone);
    await ledger.claim(owner(1), requests(1), give(1));
    expect((await ledger.release({ ...owner(1), claimId: first.claimId }, undone)).freed).toEqual([]);
    expect((await ledger.list()).claims).toHaveLength(1);
  });

  test('keeps the record of a device that could not be undone, tries the others, and says so', async () => {
    await ledger.claim(owner(1), requests(3), give(1));
    const stuck = new Error('device in use');
    const undo = (record: ClaimRecord): Promise<UndoOutcome> =>
      record.target === uuid(2) ? Promise.reject(stuck) : undone();
    await expect(ledger.release(owner(1), undo)).rejects.toBe(stuck);
    expect(targetsOf((await ledger.list()).claims)).toEqual([uuid(2)]);
    expect(targetsOf((await ledger.release(owner(1), undone)).freed)).toEqual([uuid(2)]);
  });

  test('sets aside what stays unusable', async () => {
    await ledger.claim(owner(1), requests(2), give(1));
    const answer = await ledger.release(owner(1), async (record) =>
      record.target === uuid(1) ? { done: false, quarantine: 'cannot be made again' } : { done: true },
    );
    expect([targetsOf(answer.freed), targetsOf(answer.quarantined)]).toEqual([[uuid(2)], [uuid(1)]]);
    const { claims, quarantined, damaged } = await ledger.list();
    expect([claims, damaged]).toEqual([[], []]);
    expect(quarantined).toMatchObject([
      { uuid: uuid(1), reason: 'cannot be made again', record: { claimId: 'claim-1' } },
    ]);
  });
});

describe('a consumption', () => {
  test('ends the claim and remembers what we created', async () => {
    const { claimId } = await ledger.claim(owner(1), requests(2), async (state, missing) =>
      (await give(1)(state, missing)).map((mdev, index) => ({ ...mdev, created: index === 0 })),
    );
    expect(targetsOf(await ledger.consume(claimId, owner(1)))).toEqual([uuid(1), uuid(2)]);
    const { claims, created } = await ledger.list();
    expect([targetsOf(claims), targetsOf(created)]).toEqual([[], [uuid(1)]]);
    expect(await ledger.created(uuid(1))).toMatchObject({ target: uuid(1), guest: 'g1' });
    expect(await ledger.created(uuid(2))).toBeUndefined();
    expect(await ledger.consume(claimId, owner(1))).toEqual([]);
    expect((await ledger.release(owner(1), undone)).freed).toEqual([]);
  });

  test.each([
    ['another claim', 'claim-9', owner(1)],
    ['another migration', 'claim-1', owner(2)],
  ])('of %s does nothing', async (_name, claimId, by) => {
    await ledger.claim(owner(1), requests(1), give(1));
    expect(await ledger.consume(claimId, by)).toEqual([]);
    expect((await ledger.list()).claims).toHaveLength(1);
  });

  test('a device of ours is forgotten once, and again', async () => {
    const { claimId } = await ledger.claim(owner(1), requests(1), give(1, true));
    await ledger.consume(claimId, owner(1));
    await ledger.forgetCreated(uuid(1));
    await ledger.forgetCreated(uuid(1));
    expect((await ledger.list()).created).toEqual([]);
  });

  test('a device of ours may be claimed as an existing one, and stays ours when that is released', async () => {
    const { claimId } = await ledger.claim(owner(1), requests(1), give(1, true));
    await ledger.consume(claimId, owner(1));
    await ledger.claim(owner(2), requests(1), give(1));
    await ledger.release(owner(2), undone);
    expect(targetsOf((await ledger.list()).created)).toEqual([uuid(1)]);
  });
});

describe('the removal of a device of ours', () => {
  beforeEach(async () => {
    const { claimId } = await ledger.claim(owner(1), requests(1), give(1, true));
    await ledger.consume(claimId, owner(1));
  });

  test('forgets it once it is gone', async () => {
    const remove = jest.fn(async (record: ClaimRecord) => expect(record.target).toBe(uuid(1)));
    expect(await ledger.removeCreated(uuid(1), remove)).toBe('removed');
    expect(await ledger.removeCreated(uuid(1), remove)).toBe('not-ours');
    expect(remove).toHaveBeenCalledTimes(1);
  });

  test('keeps it ours if it could not be removed', async () => {
    await expect(ledger.removeCreated(uuid(1), () => Promise.reject(new Error('in use')))).rejects.toThrow(
      'in use',
    );
    expect(await ledger.created(uuid(1))).toBeDefined();
  });

  test('does not touch one that is not ours, nor one that was claimed again', async () => {
    await ledger.claim(owner(2), requests(1), give(1));
    const remove = jest.fn();
    expect(await ledger.removeCreated(uuid(2), remove)).toBe('not-ours');
    expect(await ledger.removeCreated(uuid(1), remove)).toBe('claimed');
    expect(remove).not.toHaveBeenCalled();
  });
});

test('a quarantine is refused to who no longer holds the device', async () => {
  const { records } = await ledger.claim(owner(1), requests(1), give(1));
  await ledger.release(owner(1), undone);
  await ledger.claim(owner(2), requests(1), give(1));
  await expect(ledger.quarantine(records[0]!, 'stuck')).rejects.toThrow(/no longer held by claim claim-1/);
  expect((await ledger.list()).claims).toHaveLength(1);
});

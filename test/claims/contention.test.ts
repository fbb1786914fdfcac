import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ClaimConflictError, LedgerBusyError } from '../../src/claims';
import { FileLock } from '../../src/claims/file-lock';
import { give, ledgerIn, newDirectory, owner, removeDirectories, requests, uuid } from './fixtures';

let dir: string;
const children: ChildProcess[] = [];

beforeEach(() => (dir = newDirectory()));
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  removeDirectories();
});

async function contender(name: string, poolSize: number): Promise<ChildProcess> {
  const child = fork(join(__dirname, 'contender.ts'), [dir, name, String(poolSize)], {
    execArgv: ['-r', join(__dirname, 'register-ts.js')],
  });
  children.push(child);
  await once(child, 'message');
  return child;
}

test('two processes, each with many claims at once, never get the same device', async () => {
  const each = 20;
  const agents = await Promise.all(['a', 'b'].map((name) => contender(name, each * 2)));
  const answers = agents.map((agent) => once(agent, 'message') as Promise<[string[]]>);
  for (const agent of agents) agent.send({ claim: each });
  const targets = (await Promise.all(answers)).flatMap(([claimed]) => claimed);
  expect(targets).toHaveLength(each * 2);
  expect(new Set(targets).size).toBe(each * 2);
  const ledger = await ledgerIn(dir);
  expect((await ledger.list()).claims).toHaveLength(each * 2);
});

test('the lock of a process that is killed is free at once, and its unfinished claim is none', async () => {
  const agent = await contender('a', 1);
  const holding = once(agent, 'message');
  agent.send('hold');
  await holding;
  const mine = ledgerIn(dir).then((ledger) => ledger.claim(owner(1), requests(1), give(0)));
  const exit = once(agent, 'exit');
  agent.kill('SIGKILL');
  await exit;
  expect((await mine).records).toMatchObject([{ target: uuid(0) }]);
});

test('a caller waits no longer than it said, and is told which file is locked', async () => {
  const agent = await contender('a', 1);
  const ledger = await ledgerIn(dir, { lockWaitMs: 100 });
  const holding = once(agent, 'message');
  agent.send('hold');
  await holding;
  const claim = ledger.claim(owner(1), requests(1), give(1));
  await expect(claim).rejects.toThrow(LedgerBusyError);
  await expect(claim).rejects.toThrow(`host-b: ${join(dir, 'lock')} was held by another for 100 ms`);
});

/** The lock, held until `finish`. */
async function held(
  lock: FileLock,
  done: () => void,
): Promise<{ finish: () => void; holder: Promise<void> }> {
  let finish = (): void => undefined;
  let holder: Promise<void> = Promise.resolve();
  await new Promise<void>((started) => {
    holder = lock.run(async () => {
      started();
      await new Promise<void>((resolve) => (finish = resolve));
      done();
    });
  });
  return { finish, holder };
}

describe('within one process', () => {
  test('two claims at once do not get the same device', async () => {
    const ledger = await ledgerIn(dir);
    const second = await ledgerIn(dir);
    const claims = [ledger, ledger, second, second].map((each, n) =>
      each.claim(owner(n), requests(1), async (state, missing) => {
        const first = state.claims.length + 1;
        await new Promise((resolve) => setImmediate(resolve));
        return give(first)(state, missing);
      }),
    );
    const targets = (await Promise.all(claims)).flatMap((claim) =>
      claim.records.map((record) => record.target),
    );
    expect(targets.sort()).toEqual([1, 2, 3, 4].map(uuid));
  });

  test('callers take turns in order, also after one that failed', async () => {
    const lock = new FileLock(join(dir, 'lock'), 10_000, 'host-b');
    const order: number[] = [];
    const turn = (n: number) => async (): Promise<void> => {
      order.push(n);
      if (n === 2) throw new ClaimConflictError('no');
    };
    const results = await Promise.allSettled([1, 2, 3].map((n) => lock.run(turn(n))));
    expect(order).toEqual([1, 2, 3]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  test('one that gives up waiting lets nobody in before the holder is done', async () => {
    const path = join(dir, 'lock');
    const patient = new FileLock(path, 10_000, 'host-b');
    const events: string[] = [];
    const { finish, holder } = await held(patient, () => events.push('holder done'));
    await expect(new FileLock(path, 0, 'host-b').run(async () => undefined)).rejects.toThrow(LedgerBusyError);
    const next = patient.run(async () => void events.push('next'));
    finish();
    await Promise.all([holder, next]);
    expect(events).toEqual(['holder done', 'next']);
  });

  test('one that gives up waiting does not let the next one of its process in either', async () => {
    const lock = new FileLock(join(dir, 'lock'), 50, 'host-b');
    const events: string[] = [];
    const { finish, holder } = await held(lock, () => events.push('holder done'));
    await expect(lock.run(async () => undefined)).rejects.toThrow(LedgerBusyError);
    const next = lock.run(async () => void events.push('next'));
    finish();
    await Promise.all([holder, next]);
    expect(events).toEqual(['holder done', 'next']);
  });

  test('a lock file that was removed between two uses is not taken for the one that is there now', async () => {
    const path = join(dir, 'lock');
    const lock = new FileLock(path, 50, 'host-b');
    await lock.run(async () => undefined);
    rmSync(path);
    await lock.run(async () => {
      await expect(new FileLock(path, 50, 'host-b').run(async () => undefined)).rejects.toThrow(
        LedgerBusyError,
      );
    });
  });

  test('a lock file that cannot be opened is told as such', async () => {
    const lock = new FileLock(join(dir, 'no-such-directory', 'lock'), 10_000, 'host-b');
    await expect(lock.run(async () => undefined)).rejects.toThrow(/ENOENT/);
  });
});

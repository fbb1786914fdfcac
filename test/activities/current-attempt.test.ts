/** A task that arrives after Temporal has given it up: nothing is done for it. */
import { Context } from '@temporalio/activity';
import { type GuestOnHost, type MigrateInput, ErrorType } from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, attempt, failureOf, migrationOf } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const held: GuestOnHost = { state: 'paused', reason: 'user', job: 'none', persistent: true };

describe.each<[string, () => Promise<boolean>, RegExp]>([
  ['Temporal has given it up', () => Promise.resolve(false), /came too late.*nothing was done/],
  [
    'Temporal does not answer',
    () => Promise.reject(new Error('unavailable')),
    /did not confirm.*nothing was done/,
  ],
])('%s', (_when, answer, says) => {
  test('no job is begun', async () => {
    const { input } = await pair.prepare(guest);
    pair.attemptIsCurrent = answer;
    const migrate = jest.spyOn(pair.a.hypervisor, 'migrate');
    const failure = await failureOf(attempt(pair.a, input).end);
    expect(failure).toMatchObject({ type: ErrorType.StateChanged, message: expect.stringMatching(says) });
    expect(migrate).not.toHaveBeenCalled();
  });

  test('no guest is acted on', async () => {
    await pair.fleet.pauseGuest(guest);
    pair.attemptIsCurrent = answer;
    const act = { migration: migrationOf(guest), act: 'resume', expect: held } as const;
    expect((await failureOf(pair.a.activities.actOnGuest(act))).message).toMatch(says);
    expect(await pair.a.hypervisor.observe(guest)).toEqual(held);
  });

  test('no definition is removed', async () => {
    await pair.fleet.shutDownGuest(guest);
    pair.attemptIsCurrent = answer;
    const cleanUp = { migration: migrationOf(guest), mdevs: [], policy: 'remove' } as const;
    expect((await failureOf(pair.a.activities.cleanUpSource({ ...cleanUp, mdevs: [] }))).message).toMatch(
      says,
    );
    expect(await pair.a.hypervisor.domain(guest)).toMatchObject({ persistent: true });
  });

  test('nothing is claimed', async () => {
    pair.attemptIsCurrent = answer;
    expect((await failureOf(pair.prepare(guest))).message).toMatch(says);
    expect((await pair.b.ledger.list()).claims).toEqual([]);
  });
});

test('while it is asked, the job counts as under way: nobody concludes that there is none', async () => {
  const { input } = await pair.prepare(guest);
  let answer: (current: boolean) => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    pair.attemptIsCurrent = () => {
      resolve();
      return new Promise((settle) => (answer = settle));
    };
  });
  const { end } = attempt(pair.a, input);
  await asked;
  expect(await pair.a.activities.observeGuest({ migration: migrationOf(guest) })).toMatchObject({
    job: 'outgoing',
  });
  pair.attemptIsCurrent = () => Promise.resolve(false);
  answer(false);
  await failureOf(end);
});

test('it is asked before the host is looked at; a no is asked for again when it counts', async () => {
  const { input } = await pair.prepare(guest);
  const answers = [false, true];
  const asked: string[] = [];
  pair.attemptIsCurrent = async () => {
    asked.push('attempt');
    return answers.shift() ?? true;
  };
  const observe = pair.a.hypervisor.observe.bind(pair.a.hypervisor);
  jest.spyOn(pair.a.hypervisor, 'observe').mockImplementation((of) => {
    asked.push('guest');
    return observe(of);
  });
  const { end } = attempt(pair.a, input);
  expect(await end).toMatchObject({ adopted: false });
  expect(asked.slice(0, 2)).toEqual(['attempt', 'guest']);
  expect(asked.filter((what) => what === 'attempt')).toHaveLength(2);
});

test('a yes that is old when it counts is asked for again', async () => {
  const { input } = await pair.prepare(guest);
  const answers = [true, false];
  pair.attemptIsCurrent = async () => answers.shift() ?? true;
  const migrate = jest.spyOn(pair.a.hypervisor, 'migrate');
  const now = jest.spyOn(performance, 'now');
  const connect = pair.a.hypervisor.connectPeer.bind(pair.a.hypervisor);
  jest.spyOn(pair.a.hypervisor, 'connectPeer').mockImplementation((...peer) => {
    const late = performance.now() + 1_000;
    now.mockImplementation(() => late); // it took a second
    return connect(...peer);
  });
  expect(await failureOf(attempt(pair.a, input).end)).toMatchObject({ type: ErrorType.StateChanged });
  expect(migrate).not.toHaveBeenCalled();
});

describe('an attempt that attaches to a job that was about to begin, and then was not wanted', () => {
  async function refusedJob(): Promise<MigrateInput> {
    const { input } = await pair.prepare(guest);
    pair.attemptIsCurrent = () => Promise.resolve(false);
    await failureOf(attempt(pair.a, input).end);
    return input;
  }

  test('tells that none was begun, and not that one has failed', async () => {
    const input = await refusedJob();
    const failure = await failureOf(attempt(pair.a, { ...input, attach: true }).end);
    expect(failure).toMatchObject({ type: ErrorType.StateChanged, nonRetryable: true });
    expect(failure.message).toMatch(/was not begun; nothing was done/);
  });

  test('tells of the failure of one that was begun since', async () => {
    const input = await refusedJob();
    pair.attemptIsCurrent = () => Promise.resolve(true);
    jest.spyOn(pair.a.hypervisor, 'migrate').mockRejectedValueOnce(new Error('the link dropped'));
    await expect(attempt(pair.a, input).end).rejects.toThrow('the link dropped');
    const failure = await failureOf(attempt(pair.a, { ...input, attach: true }).end);
    expect(failure.type).toBe(ErrorType.MigrationFailed);
  });

  test('of another migration is not told so', async () => {
    const input = await refusedJob();
    const migration = { ...input.migration, run: 'another-run' };
    const failure = await failureOf(attempt(pair.a, { ...input, migration, attach: true }).end);
    expect(failure.type).toBe(ErrorType.MigrationFailed);
  });
});

test('a job that is joined before it has begun begins for the attempt that is still wanted', async () => {
  const { input } = await pair.prepare(guest);
  pair.attemptIsCurrent = () => Promise.resolve(Context.current().info.attempt === 2);
  const connect = pair.a.hypervisor.connectPeer.bind(pair.a.hypervisor);
  let letGo: () => void = () => undefined;
  const joined = new Promise<void>((resolve) => (letGo = resolve));
  jest.spyOn(pair.a.hypervisor, 'connectPeer').mockImplementationOnce(async (uri) => {
    await joined;
    return connect(uri);
  });
  const first = attempt(pair.a, input, { attempt: 1 });
  const second = attempt(pair.a, { ...input, attach: true }, { attempt: 2 });
  letGo();
  expect(await second.end).toMatchObject({ adopted: true });
  expect(await first.end).toMatchObject({ adopted: false });
  expect(await pair.fleet.runningCopies(guest)).toEqual(['host-b']);
});

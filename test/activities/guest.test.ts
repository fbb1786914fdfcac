/** What the ownership table sees of a host, and does there: only what was decided on is acted on. */
import { ActivityCancellationDetails } from '@temporalio/common';
import { type GuestAct, type GuestOnHost, ErrorType } from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, type TestHost, attempt, failureOf, migrationOf } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const observe = (host: TestHost, uuid = guest): Promise<GuestOnHost> =>
  host.activities.observeGuest({ migration: migrationOf(uuid) });

const act = (host: TestHost, what: GuestAct, expected: GuestOnHost, uuid = guest): Promise<GuestOnHost> =>
  host.activities.actOnGuest({ migration: migrationOf(uuid), act: what, expect: expected });

const running: GuestOnHost = { state: 'running', reason: 'booted', job: 'none', persistent: true };
const paused: GuestOnHost = { state: 'paused', reason: 'user', job: 'none', persistent: true };

describe('observing', () => {
  test('tells state, reason and job; a missing guest is a fact', async () => {
    expect(await observe(pair.a)).toEqual(running);
    expect(await observe(pair.b)).toEqual({ state: 'absent' });
  });

  test('counts a job that this agent is about to begin as in flight', async () => {
    const { input } = await pair.prepare(guest);
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    const libvirtMigrate = pair.a.hypervisor.migrate.bind(pair.a.hypervisor);
    const asked = new Promise<void>((resolve) => {
      jest.spyOn(pair.a.hypervisor, 'migrate').mockImplementation(async (...call) => {
        resolve();
        await held;
        return libvirtMigrate(...call);
      });
    });
    const { end } = attempt(pair.a, input);
    await asked;
    expect(await pair.a.hypervisor.observe(guest)).toMatchObject({ job: 'none' });
    expect(await observe(pair.a)).toEqual({ ...running, job: 'outgoing' });
    goOn();
    await end;
    expect(await observe(pair.a)).toEqual({ state: 'absent' });
  });

  test('no longer counts a job that has ended', async () => {
    const { input } = await pair.prepare(guest);
    await failureOf(attempt(pair.a, { ...input, xmlDigest: '0'.repeat(64) }).end);
    expect(await observe(pair.a)).toEqual(running);
  });

  test('a daemon that does not answer is a failure, never an observation', async () => {
    await pair.fleet.killLibvirtd('host-a');
    expect((await failureOf(observe(pair.a))).type).toBe(ErrorType.HypervisorUnavailable);
  });
});

describe('acting', () => {
  test('resumes a paused copy, and tells what it then sees', async () => {
    await pair.fleet.pauseGuest(guest);
    expect(await act(pair.a, 'resume', paused)).toEqual({ ...running, reason: 'unpaused' });
  });

  test('destroys a paused copy; its definition stays', async () => {
    await pair.fleet.pauseGuest(guest);
    expect(await act(pair.a, 'destroy', paused)).toEqual({
      state: 'shut-off',
      reason: 'destroyed',
      persistent: true,
    });
  });

  test('undefines a copy that is shut off', async () => {
    await pair.fleet.shutDownGuest(guest);
    const off: GuestOnHost = { state: 'shut-off', reason: 'shutdown', persistent: true };
    expect(await act(pair.a, 'undefine', off)).toEqual({ state: 'absent' });
  });

  test('ends a job', async () => {
    const busy = await pair.startBusyGuest();
    const { end } = attempt(pair.a, (await pair.prepare(busy)).input);
    await pair.fleet.untilMigrating(busy);
    const seen = await act(pair.a, 'abort-job', { ...running, job: 'outgoing' }, busy);
    expect(seen).toMatchObject({ state: 'running' });
    expect((await failureOf(end)).type).toBe(ErrorType.Aborted);
  });

  test.each([
    ['resume', { ...paused, reason: 'migration' }, 'its reason'],
    ['resume', { ...paused, job: 'incoming' }, 'its job'],
    ['destroy', { ...paused, reason: 'migration' }, 'its reason'],
    ['undefine', { state: 'shut-off', reason: 'migrated', persistent: true }, 'its state'],
    ['abort-job', { state: 'absent' }, 'its presence'],
  ] as const)(
    'refuses to %s what was decided on %j when it differs in %s',
    async (what, decidedOn, _difference) => {
      await pair.fleet.pauseGuest(guest);
      const before = await pair.fleet.snapshot();
      const failure = await failureOf(act(pair.a, what, decidedOn));
      expect(failure).toMatchObject({ type: ErrorType.StateChanged, nonRetryable: true });
      expect(failure.message).toContain(`${what} refused, nothing was done`);
      expect((await pair.fleet.snapshot()).hosts).toEqual(before.hosts);
    },
  );

  test('never destroys a running copy, not even if that was decided', async () => {
    const failure = await failureOf(act(pair.a, 'destroy', running));
    expect(failure).toMatchObject({
      type: ErrorType.StateChanged,
      message: expect.stringContaining('a running copy is never destroyed'),
    });
    expect(await pair.fleet.runningCopies(guest)).toEqual(['host-a']);
  });

  describe('by an operator', () => {
    const byOperator = (what: GuestAct, expected: GuestOnHost, uuid = guest): Promise<GuestOnHost> =>
      pair.a.activities.actOnGuest({
        migration: migrationOf(uuid),
        act: what,
        expect: expected,
        byOperator: true,
      });

    test('destroys a running copy', async () => {
      expect(await byOperator('destroy', running)).toMatchObject({ state: 'shut-off', reason: 'destroyed' });
      expect(await pair.fleet.runningCopies(guest)).toEqual([]);
    });

    test('destroys a paused copy as before', async () => {
      await pair.fleet.pauseGuest(guest);
      expect(await byOperator('destroy', paused)).toMatchObject({ state: 'shut-off' });
    });

    test.each([
      ['its state', paused],
      ['its reason', { ...running, reason: 'migrated' as const }],
    ])('refuses a running copy that differs in %s from what was decided on', async (_what, decidedOn) => {
      const failure = await failureOf(byOperator('destroy', decidedOn));
      expect(failure).toMatchObject({ type: ErrorType.StateChanged, nonRetryable: true });
      expect(await pair.fleet.runningCopies(guest)).toEqual(['host-a']);
    });

    test('refuses to destroy a copy with a job under way, also if that was decided', async () => {
      const busy = await pair.startBusyGuest();
      const { env, end } = attempt(pair.a, (await pair.prepare(busy)).input);
      await pair.fleet.untilMigrating(busy);
      const failure = await failureOf(byOperator('destroy', { ...running, job: 'outgoing' }, busy));
      expect(failure).toMatchObject({
        type: ErrorType.StateChanged,
        message: expect.stringMatching(/outgoing job under way, required none/),
      });
      expect(await pair.fleet.runningCopies(busy)).toEqual(['host-a']);
      env.cancel();
      await failureOf(end);
    });
  });

  test('refuses to act on a guest whose job this agent is about to begin', async () => {
    const { input } = await pair.prepare(guest);
    const asked = new Promise<void>((resolve) => {
      jest.spyOn(pair.a.hypervisor, 'migrate').mockImplementation(() => {
        resolve();
        return new Promise(() => undefined);
      });
    });
    const { env } = attempt(pair.a, input);
    env.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
    await asked;
    expect((await failureOf(act(pair.a, 'undefine', running))).type).toBe(ErrorType.StateChanged);
  });
});

describe('finding a guest by what a person calls it', () => {
  const find = (name: string): Promise<unknown> => pair.a.activities.findGuest({ guest: name });

  test('its name, its UUID in any case', async () => {
    const sample = { uuid: guest, name: SAMPLE_GUEST.name };
    expect(await find(SAMPLE_GUEST.name)).toEqual([sample]);
    expect(await find(guest.toUpperCase())).toEqual([sample]);
  });

  test('nothing that only resembles it', async () => {
    expect(await find(SAMPLE_GUEST.name.slice(0, -1))).toEqual([]);
  });
});

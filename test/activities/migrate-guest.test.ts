/** The migrate step: it starts a job once, and every later attempt finds out what became of it. */
import { ErrorType } from '../../src/contract';
import { HypervisorError, type PeerHypervisor, VirErr, VirFrom } from '../../src/hypervisor/port';
import { ManualClock, SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, type Prepared, attempt, failureOf, heartbeats, migrationOf } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
let pair: HostPair;
afterEach(() => pair.close());

/** Each test's agents see every migrate call that is made to libvirt. */
const migrateCalls = (): jest.SpyInstance => jest.spyOn(pair.a.hypervisor, 'migrate');

describe('the first attempt', () => {
  beforeEach(async () => {
    pair = await HostPair.make();
  });

  test('moves the guest onto the claimed devices, in its live and its persistent form', async () => {
    const { input, claim } = await pair.prepare(guest);
    const outcome = await attempt(pair.a, input).end;
    expect(outcome).toMatchObject({ adopted: false, pausedByUser: false });
    expect(outcome.job).toMatchObject({ bytes: expect.any(Number), downtimeMs: expect.any(Number) });
    expect(await pair.fleet.runningCopies(guest)).toEqual(['host-b']);
    for (const kind of ['live', 'inactive'] as const) {
      const xml = await pair.b.hypervisor.domainXml(guest, kind);
      for (const { source, target } of claim.mdevs) {
        expect(xml).toContain(target);
        expect(xml).not.toContain(source);
      }
    }
  });

  test('asks libvirt for a paused target by default: the fence', async () => {
    const migrate = migrateCalls();
    await attempt(pair.a, (await pair.prepare(guest)).input).end;
    expect(migrate).toHaveBeenCalledWith(guest, expect.objectContaining({ startPaused: true }));
  });

  test("asks for libvirt's own switchover by policy, and then resumes nothing itself", async () => {
    const migrate = migrateCalls();
    const resume = await peerCalls('resume');
    await attempt(pair.a, (await pair.prepare(guest, { switchover: 'libvirt' })).input).end;
    expect(migrate).toHaveBeenCalledWith(guest, expect.objectContaining({ startPaused: false }));
    expect(resume).not.toHaveBeenCalled();
    expect(await pair.fleet.runningCopies(guest)).toEqual(['host-b']);
  });

  test('connects to the target before the job starts, so that nothing is left to open in the downtime', async () => {
    const migrate = migrateCalls();
    const connect = jest.spyOn(pair.a.hypervisor, 'connectPeer');
    const { input } = await pair.prepare(guest); // connects once, to see that it can
    connect.mockClear();
    await attempt(pair.a, input).end;
    expect(connect).toHaveBeenCalledTimes(1);
    expect(connect.mock.invocationCallOrder[0]!).toBeLessThan(migrate.mock.invocationCallOrder[0]!);
  });

  test('hands no persistent XML over for a transient guest', async () => {
    const transient = await pair.startGuest({ persistent: false });
    const migrate = migrateCalls();
    await attempt(pair.a, (await pair.prepare(transient.uuid)).input).end;
    expect(migrate).toHaveBeenCalledWith(transient.uuid, expect.objectContaining({ persistXml: null }));
  });

  test('starts nothing when the guest was changed after it was inspected', async () => {
    const migrate = migrateCalls();
    const { input } = await pair.prepare(guest);
    const failure = await failureOf(attempt(pair.a, { ...input, xmlDigest: '0'.repeat(64) }).end);
    expect(failure).toMatchObject({ type: ErrorType.GuestChanged, nonRetryable: true });
    expect(migrate).not.toHaveBeenCalled();
  });

  test.each([true, false])(
    'starts nothing when the guest was persistent (%s) at its inspection and is no more so',
    async (wasPersistent) => {
      const migrate = migrateCalls();
      const { uuid: changed } = await pair.startGuest({ persistent: true });
      const { input } = await pair.prepare(changed);
      if (wasPersistent) await pair.a.hypervisor.undefine(changed);
      const failure = await failureOf(attempt(pair.a, { ...input, persistent: wasPersistent }).end);
      expect(failure).toMatchObject({ type: ErrorType.GuestChanged, nonRetryable: true });
      expect(migrate).not.toHaveBeenCalled();
    },
  );

  test('starts nothing when the mapping does not cover every device of the guest', async () => {
    const migrate = migrateCalls();
    const { input } = await pair.prepare(guest);
    const failure = await failureOf(attempt(pair.a, { ...input, mdevs: input.mdevs.slice(1) }).end);
    expect(failure).toMatchObject({ type: ErrorType.XmlRewrite, nonRetryable: true });
    expect(migrate).not.toHaveBeenCalled();
  });

  test('starts nothing when the target cannot be connected to', async () => {
    const migrate = migrateCalls();
    const { input } = await pair.prepare(guest);
    await pair.fleet.killLibvirtd('host-b');
    const failure = await failureOf(attempt(pair.a, input).end);
    expect(failure).toMatchObject({
      type: ErrorType.OutcomeUnknown,
      message: expect.stringContaining('host-b'),
    });
    expect(migrate).not.toHaveBeenCalled();
  });

  test('starts nothing towards a host that is not configured as a peer', async () => {
    const migrate = migrateCalls();
    const { input } = await pair.prepare(guest);
    const failure = await failureOf(attempt(pair.a, { ...input, destination: 'host-z' }).end);
    expect(failure).toMatchObject({ type: ErrorType.PreCheck, message: expect.stringContaining('host-z') });
    expect(migrate).not.toHaveBeenCalled();
  });

  test('starts no second job beside one that another process has started', async () => {
    const busy = await pair.startBusyGuest();
    const { input } = await pair.prepare(busy);
    attempt(pair.a, input);
    await pair.fleet.untilMigrating(busy);
    await pair.restartSourceAgent();
    const migrate = migrateCalls();
    const failure = await failureOf(attempt(pair.a, input).end);
    expect(failure).toMatchObject({
      type: ErrorType.OutcomeUnknown,
      message: expect.stringContaining('outgoing job'),
    });
    expect(migrate).not.toHaveBeenCalled();
  });

  test('says that the outcome is unknown when the guest has left and the resume fails', async () => {
    const lost = new HypervisorError('client socket is closed', VirErr.INTERNAL_ERROR, VirFrom.RPC, true);
    for (const call of ['resumeIfHeld', 'resume'] as const) (await peerCalls(call)).mockRejectedValue(lost);
    const failure = await failureOf(attempt(pair.a, (await pair.prepare(guest)).input).end);
    expect(failure).toMatchObject({
      type: ErrorType.OutcomeUnknown,
      message: expect.stringMatching(/has left host-a, and resuming it on host-b failed/),
    });
  });

  test('succeeds without figures when the target has none', async () => {
    const stats = await peerCalls('completedJobStats');
    stats.mockRejectedValue(new Error('gone'));
    expect(await attempt(pair.a, (await pair.prepare(guest)).input).end).toMatchObject({ job: null });
    expect(await pair.fleet.runningCopies(guest)).toEqual(['host-b']);
  });

  test('leaves no connection to the target open, however it ends', async () => {
    const close = await peerCalls('close');
    const { input } = await pair.prepare(guest);
    close.mockClear();
    await failureOf(attempt(pair.a, { ...input, xmlDigest: '0'.repeat(64) }).end);
    expect(close).toHaveBeenCalledTimes(1);
    await attempt(pair.a, input).end;
    expect(close).toHaveBeenCalledTimes(2);
  });
});

describe('a later attempt', () => {
  let busy: string;
  let prepared: Prepared;
  beforeEach(async () => {
    pair = await HostPair.make();
    busy = await pair.startBusyGuest();
    prepared = await pair.prepare(busy);
  });

  async function underWay(): Promise<void> {
    attempt(pair.a, prepared.input);
    await pair.fleet.untilMigrating(busy);
  }

  test.each([true, false])('in the same process joins the job (attach: %s)', async (attach) => {
    const migrate = migrateCalls();
    await underWay();
    const second = attempt(pair.a, { ...prepared.input, attach });
    await pair.letItConverge(busy);
    expect(await second.end).toMatchObject({ adopted: true });
    expect(migrate).toHaveBeenCalledTimes(1);
    expect(await pair.fleet.runningCopies(busy)).toEqual(['host-b']);
  });

  test.each([
    ['of another migration', { migration: migrationOf(guest, 'run-2') }],
    ['to another destination', { destination: 'host-c' }],
  ])('%s does not join the job: it is refused, and the job goes on', async (_what, change) => {
    await underWay();
    const other = { ...prepared.input, ...change, attach: true };
    other.migration = { ...other.migration, guest: busy };
    expect(await failureOf(attempt(pair.a, other).end)).toMatchObject({
      type: ErrorType.GuestBusy,
      nonRetryable: true,
    });
    expect(await pair.a.hypervisor.observe(busy)).toMatchObject({ state: 'running', job: 'outgoing' });
  });

  test('in another process adopts the job in flight, and makes no migrate call', async () => {
    await underWay();
    await pair.restartSourceAgent();
    const migrate = migrateCalls();
    const { env, end } = attempt(pair.a, { ...prepared.input, attach: true });
    await heartbeats(env, 1);
    await pair.letItConverge(busy);
    expect(await end).toMatchObject({ adopted: true, pausedByUser: false });
    expect(migrate).not.toHaveBeenCalled();
    expect(await pair.fleet.runningCopies(busy)).toEqual(['host-b']);
    expect(await pair.fleet.doubleRuns()).toEqual([]);
  });

  async function endsUnwatched(): Promise<void> {
    await underWay();
    await pair.restartSourceAgent();
    await pair.letItConverge(busy);
    await pair.fleet.until((fleet) => fleet.jobs.every(({ step }) => step === 'ended'));
  }

  test('finds the job ended and the target held by the fence: resumes it and succeeds', async () => {
    await endsUnwatched();
    expect(await pair.b.hypervisor.observe(busy)).toMatchObject({ state: 'paused', reason: 'user' });
    expect(await attempt(pair.a, { ...prepared.input, attach: true }).end).toMatchObject({ adopted: true });
    expect(await pair.fleet.runningCopies(busy)).toEqual(['host-b']);
  });

  test('leaves that target paused if the guest’s user had paused it', async () => {
    await endsUnwatched();
    const outcome = await attempt(pair.a, { ...prepared.input, attach: true, pausedByUser: true }).end;
    expect(outcome).toMatchObject({ adopted: true, pausedByUser: true });
    expect(await pair.fleet.runningCopies(busy)).toEqual([]);
  });

  test('finds the guest here and no copy on the target: the migration has failed', async () => {
    const migrate = migrateCalls();
    const failure = await failureOf(attempt(pair.a, { ...prepared.input, attach: true }).end);
    expect(failure).toMatchObject({ type: ErrorType.MigrationFailed, nonRetryable: true });
    expect(migrate).not.toHaveBeenCalled();
    expect(await pair.fleet.runningCopies(busy)).toEqual(['host-a']);
  });

  test.each([
    ['a running copy here and one held there', { state: 'paused', reason: 'user', job: 'none' }],
    ['a running copy on both', { state: 'running', reason: 'migrated', job: 'none' }],
  ] as const)('finds %s: does not guess', async (_what, there) => {
    const resume = await peerCalls('resume');
    (await peerCalls('observe')).mockResolvedValue({ ...there, persistent: true });
    const failure = await failureOf(attempt(pair.a, { ...prepared.input, attach: true }).end);
    expect(failure.type).toBe(ErrorType.OutcomeUnknown);
    expect(resume).not.toHaveBeenCalled();
  });

  test('finds no copy on either host: does not guess', async () => {
    await pair.fleet.shutDownGuest(busy);
    const failure = await failureOf(attempt(pair.a, { ...prepared.input, attach: true }).end);
    expect(failure.type).toBe(ErrorType.OutcomeUnknown);
  });
});

describe('a guest that its user pauses', () => {
  const clock = new ManualClock();
  beforeEach(async () => {
    pair = await HostPair.make(clock);
  });

  test('before the migration: moves, and stays paused', async () => {
    await pair.fleet.pauseGuest(guest);
    const { input } = await pair.prepare(guest);
    const { end } = attempt(pair.a, input);
    expect(await driven(end)).toMatchObject({ pausedByUser: true });
    expect(await pair.b.hypervisor.observe(guest)).toMatchObject({ state: 'paused', reason: 'user' });
  });

  test('between the inspection and the start: stays paused on the target', async () => {
    const { input } = await pair.prepare(guest);
    await pair.fleet.pauseGuest(guest);
    expect(await driven(attempt(pair.a, input).end)).toMatchObject({ pausedByUser: true });
    expect(await pair.fleet.runningCopies(guest)).toEqual([]);
  });

  test('and resumes between the inspection and the start: runs on the target', async () => {
    await pair.fleet.pauseGuest(guest);
    const { input } = await pair.prepare(guest);
    await pair.a.hypervisor.resume(guest);
    expect(await driven(attempt(pair.a, input).end)).toMatchObject({ pausedByUser: false });
    expect(await pair.fleet.runningCopies(guest)).toEqual(['host-b']);
  });

  /** Moves the clock on until the attempt has ended. */
  async function driven<T>(end: Promise<T>): Promise<T> {
    const ended = new AbortController();
    void end.finally(() => ended.abort());
    while (!ended.signal.aborted) {
      clock.advance(100);
      await new Promise(setImmediate);
    }
    return end;
  }
});

/** Watches one call of every connection to the target; without a mocked answer it does what it did. */
async function peerCalls<K extends keyof PeerHypervisor>(
  name: K,
): Promise<jest.SpyInstance & { mockResolvedValue(value: unknown): unknown }> {
  const peer = await pair.a.hypervisor.connectPeer('sim://host-b/system');
  return jest.spyOn(Object.getPrototypeOf(peer) as PeerHypervisor, name as 'close');
}
afterEach(() => jest.restoreAllMocks());

/** Supervision by the policy: the downtime's steps, the timeouts, and what commands have set before. */
import type { MockActivityEnvironment } from '@temporalio/testing';
import { ErrorType, type JobProgress, type MigrateInput, type MigrationPolicy } from '../../src/contract';
import { HypervisorError, type RunningJobStats, VirErr, VirFrom } from '../../src/hypervisor/port';
import { HostPair, attempt, failureOf, heartbeats } from './host-pair';

let pair: HostPair;
let busy: string;
beforeEach(async () => {
  pair = await HostPair.make();
  busy = await pair.startBusyGuest();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

/** The busy guest has 16 GiB: a step each 160 s, the last after 320 s, and 1600 s for all. */
const POLICY: Partial<MigrationPolicy> = {
  initialDowntimeMs: 10,
  maxDowntimeMs: 30,
  downtimeSteps: 2,
  downtimeStepSecondsPerGiB: 10,
  completionTimeoutSecondsPerGiB: 100,
  progressTimeoutSeconds: 0,
};
const REFUSED = new HypervisorError('cannot acquire state change lock', VirErr.OPERATION_TIMEOUT, 0, false);

const inputOf = async (policy: Partial<MigrationPolicy> = {}): Promise<MigrateInput> =>
  (await pair.prepare(busy, { ...POLICY, ...policy })).input;

type Change = Partial<RunningJobStats>;

/** What libvirt tells of the job, changed; by a function that is asked each time, if it is one. */
function tells(change: Change | (() => Change)): void {
  jest.restoreAllMocks();
  const stats = pair.a.hypervisor.jobStats.bind(pair.a.hypervisor);
  jest.spyOn(pair.a.hypervisor, 'jobStats').mockImplementation(async (guest) => {
    const told = await stats(guest);
    return told && { ...told, ...(typeof change === 'function' ? change() : change) };
  });
}

const setCalls = (): jest.SpyInstance => jest.spyOn(pair.a.hypervisor, 'setMaxDowntime');

async function ended(env: MockActivityEnvironment, end: Promise<unknown>): Promise<void> {
  env.cancel();
  await failureOf(end);
}

function progressOf(
  env: MockActivityEnvironment,
  wanted: (progress: JobProgress) => boolean,
): Promise<JobProgress> {
  return new Promise((resolve) =>
    env.on('heartbeat', (progress: JobProgress | undefined) => {
      if (progress && wanted(progress)) resolve(progress);
    }),
  );
}

describe('the limits of a job', () => {
  test.each([
    ['are the policy’s at first', undefined, 10, 5],
    ['are those that commands have set', { maxDowntimeMs: 77, bandwidthMiBps: 9 }, 77, 9],
  ])('%s', async (_what, overrides, maxDowntimeMs, bandwidthMiBps) => {
    const migrate = jest.spyOn(pair.a.hypervisor, 'migrate');
    const input = await inputOf({ bandwidthMiBps: 5 });
    const { env, end } = attempt(pair.a, overrides ? { ...input, overrides } : input);
    await pair.fleet.untilMigrating(busy);
    expect(migrate).toHaveBeenCalledWith(busy, expect.objectContaining({ maxDowntimeMs, bandwidthMiBps }));
    await ended(env, end);
  });

  test('follow the steps: each is set once', async () => {
    const { env, end } = attempt(pair.a, await inputOf());
    await pair.fleet.untilMigrating(busy);
    for (const [elapsedMs, downtimeMs] of [
      [160_000, 20],
      [320_000, 30],
    ] as const) {
      tells({ elapsedMs });
      const set = setCalls();
      await progressOf(env, (progress) => progress.maxDowntimeMs === downtimeMs);
      await heartbeats(env, 2);
      expect(set.mock.calls).toEqual([[busy, downtimeMs]]);
    }
    await ended(env, end);
  });

  test('count framebuffer as they count RAM', async () => {
    const input = { ...(await inputOf()), framebufferMiB: 16_384 };
    const { env, end } = attempt(pair.a, input);
    await pair.fleet.untilMigrating(busy);
    tells({ elapsedMs: 320_000 });
    expect(await progressOf(env, ({ elapsedMs }) => elapsedMs === 320_000)).toMatchObject({
      maxDowntimeMs: 20,
    });
    await ended(env, end);
  });

  test('that libvirt does not take are logged and set at a later look', async () => {
    const { env, end } = attempt(pair.a, await inputOf());
    await pair.fleet.untilMigrating(busy);
    tells({ elapsedMs: 160_000 });
    const set = setCalls().mockRejectedValueOnce(REFUSED);
    const { maxDowntimeMs } = await progressOf(env, ({ elapsedMs }) => elapsedMs === 160_000);
    expect(maxDowntimeMs).toBe(10); // what libvirt has, not what it was asked for
    await progressOf(env, (progress) => progress.maxDowntimeMs === 20);
    expect(set).toHaveBeenCalledTimes(2);
    expect(pair.logged.join()).toContain('cannot acquire state change lock');
    await ended(env, end);
  });

  test('go on in another process, with what commands have set', async () => {
    const input = await inputOf();
    attempt(pair.a, input);
    await pair.fleet.untilMigrating(busy);
    await pair.restartSourceAgent();
    tells({ elapsedMs: 160_000 });
    const [set, bandwidth] = [setCalls(), jest.spyOn(pair.a.hypervisor, 'setBandwidth')];
    const overrides = { bandwidthMiBps: 12 };
    const { env, end } = attempt(pair.a, { ...input, attach: true, overrides });
    await heartbeats(env, 2);
    expect(set.mock.calls).toEqual([[busy, 20]]);
    expect(bandwidth.mock.calls).toEqual([[busy, 12]]);
    await ended(env, end);
  });

  test('are left alone while the size of the job is not known, and so is the job', async () => {
    const { env, end } = attempt(pair.a, await inputOf());
    await pair.fleet.untilMigrating(busy);
    tells({ elapsedMs: 9_000_000, memTotal: 0, memRemaining: 0, memProcessed: 0 });
    const [set, abortJob] = [setCalls(), jest.spyOn(pair.a.hypervisor, 'abortJob')];
    await progressOf(env, ({ elapsedMs }) => elapsedMs === 9_000_000);
    await heartbeats(env, 1);
    expect(set).not.toHaveBeenCalled();
    expect(abortJob).not.toHaveBeenCalled();
    await ended(env, end);
  });
});

describe('a job that does not converge', () => {
  const LATE = { elapsedMs: 1_600_000, memRemaining: 123_456 };

  const expectTimedOut = async (end: Promise<unknown>): Promise<void> => {
    const failure = await failureOf(end);
    expect(failure).toMatchObject({
      type: ErrorType.TimedOut,
      nonRetryable: true,
      details: [{ host: 'host-a', elapsedMs: 1_600_000, bytesRemaining: 123_456, maxDowntimeMs: 30 }],
    });
    const told = [busy, 'host-a', 'after 1600 s', 'within 1600 s', '123456 bytes', '30 ms'];
    const toDo = ['maxDowntimeMs', 'bandwidthMiBps', 'force'];
    for (const part of [...told, ...toDo]) expect(failure.message).toContain(part);
    expect(await pair.a.hypervisor.observe(busy)).toMatchObject({ state: 'running', job: 'none' });
    expect(await pair.b.hypervisor.observe(busy)).toEqual({ state: 'absent' });
  };

  test('is ended, and it is said why and what to do', async () => {
    const { end } = attempt(pair.a, await inputOf());
    await pair.fleet.untilMigrating(busy);
    tells(LATE);
    await expectTimedOut(end);
  });

  test('is ended by an agent that has adopted it, too', async () => {
    const input = await inputOf();
    attempt(pair.a, input);
    await pair.fleet.untilMigrating(busy);
    await pair.restartSourceAgent();
    tells(LATE);
    await expectTimedOut(attempt(pair.a, { ...input, attach: true }).end);
  });

  test('is ended when it makes no progress, but not for the moments in which it has sent nothing yet', async () => {
    const policy = { downtimeStepSecondsPerGiB: 0, completionTimeoutSecondsPerGiB: 0 };
    const { env, end } = attempt(pair.a, await inputOf({ ...policy, progressTimeoutSeconds: 60 }));
    await pair.fleet.untilMigrating(busy);
    tells({ elapsedMs: 50_000, memProcessed: 0, memRemaining: 0 });
    await progressOf(env, ({ elapsedMs }) => elapsedMs === 50_000);
    tells({ elapsedMs: 55_000, memProcessed: 9, memRemaining: 500 });
    await progressOf(env, ({ elapsedMs }) => elapsedMs === 55_000);
    tells({ elapsedMs: 100_000, memProcessed: 99, memRemaining: 400 });
    await progressOf(env, ({ elapsedMs }) => elapsedMs === 100_000);
    tells({ elapsedMs: 159_999, memProcessed: 999, memRemaining: 450 });
    await progressOf(env, ({ elapsedMs }) => elapsedMs === 159_999);
    tells({ elapsedMs: 160_000, memProcessed: 999, memRemaining: 450 });
    expect(await failureOf(end)).toMatchObject({
      type: ErrorType.TimedOut,
      message: expect.stringContaining('progress timeout'),
      details: [expect.objectContaining({ elapsedMs: 160_000 })],
    });
  });

  test.each([
    { vfioTransferred: null, bandwidthMiBps: 3, pointedAt: true },
    { vfioTransferred: 0, bandwidthMiBps: 3, pointedAt: true },
    { vfioTransferred: 1, bandwidthMiBps: 3, pointedAt: false },
    { vfioTransferred: null, bandwidthMiBps: 0, pointedAt: false },
  ])(
    'points at the bandwidth limit where it may have left no room for the vGPUs: %j',
    async ({ vfioTransferred, bandwidthMiBps, pointedAt }) => {
      const { end } = attempt(pair.a, await inputOf({ bandwidthMiBps }));
      await pair.fleet.untilMigrating(busy);
      tells({ ...LATE, vfioTransferred });
      const { message } = await failureOf(end);
      expect(message.includes('If memory took all of the 3 MiB/s')).toBe(pointedAt);
      expect(message).toContain('or force completion');
    },
  );

  test('is asked to end again until libvirt takes it', async () => {
    const { end } = attempt(pair.a, await inputOf());
    await pair.fleet.untilMigrating(busy);
    tells(LATE);
    const abortJob = jest.spyOn(pair.a.hypervisor, 'abortJob').mockRejectedValueOnce(REFUSED);
    await expectTimedOut(end);
    expect(abortJob).toHaveBeenCalledTimes(2);
  });

  test('is not ended once its guest is stopped for the switchover', async () => {
    const { env, end } = attempt(pair.a, await inputOf());
    await pair.fleet.untilMigrating(busy);
    let guestStopped = true;
    tells(() => ({ ...LATE, guestStopped }));
    const abortJob = jest.spyOn(pair.a.hypervisor, 'abortJob');
    await progressOf(env, ({ phase, elapsedMs }) => phase === 'switchover' && elapsedMs === LATE.elapsedMs);
    await heartbeats(env, 1);
    expect(abortJob).not.toHaveBeenCalled();
    guestStopped = false;
    expect((await failureOf(end)).type).toBe(ErrorType.TimedOut);
  });

  test('is not ended either if that was decided just before its guest was stopped', async () => {
    const { env, end } = attempt(pair.a, await inputOf());
    await pair.fleet.untilMigrating(busy);
    let guestStopped = false;
    tells(() => ({ ...LATE, guestStopped }));
    const observe = jest.spyOn(pair.a.hypervisor, 'observe');
    const abortJob = jest.spyOn(pair.a.hypervisor, 'abortJob').mockImplementationOnce(async () => {
      guestStopped = true;
      observe.mockResolvedValue({ state: 'paused', reason: 'migration', job: 'outgoing', persistent: true });
      throw REFUSED;
    });
    await progressOf(env, ({ phase }) => phase === 'switchover');
    await heartbeats(env, 2);
    expect(abortJob).toHaveBeenCalledTimes(1);
    guestStopped = false;
    observe.mockRestore();
    expect((await failureOf(end)).type).toBe(ErrorType.TimedOut);
  });

  test('that ends otherwise meanwhile has failed, and not by its time', async () => {
    const { end } = attempt(pair.a, await inputOf());
    await pair.fleet.untilMigrating(busy);
    tells(LATE);
    jest.spyOn(pair.a.hypervisor, 'abortJob').mockImplementation(() => pair.fleet.killQemu('host-b', busy));
    expect((await failureOf(end)).type).toBe(ErrorType.MigrationFailed);
  });

  test('is forced to complete, if the policy says so', async () => {
    const forcing = { onTimeout: 'force-complete', forceCompleteDowntimeMs: 60_000 } as const;
    const { end } = attempt(pair.a, await inputOf(forcing));
    await pair.fleet.untilMigrating(busy);
    tells({ elapsedMs: LATE.elapsedMs });
    const set = setCalls();
    expect(await end).toMatchObject({
      adopted: false,
      decisions: [
        { atMs: LATE.elapsedMs, maxDowntimeMs: 60_000, forced: expect.stringMatching(/completion timeout/) },
      ],
    });
    expect(set.mock.calls).toEqual([[busy, 60_000]]);
    expect(await pair.fleet.runningCopies(busy)).toEqual(['host-b']);
  });

  test('is ended if forcing does not help either: it has its time once more, and no more', async () => {
    const forcing = { onTimeout: 'force-complete', forceCompleteDowntimeMs: 40 } as const;
    const { env, end } = attempt(pair.a, await inputOf(forcing));
    await pair.fleet.untilMigrating(busy);
    tells({ elapsedMs: 1_700_000 });
    await progressOf(env, ({ maxDowntimeMs }) => maxDowntimeMs === 40);
    tells({ elapsedMs: 3_299_999 });
    await progressOf(env, ({ elapsedMs }) => elapsedMs === 3_299_999);
    tells({ elapsedMs: 3_300_000 });
    expect(await failureOf(end)).toMatchObject({
      type: ErrorType.TimedOut,
      message: expect.stringContaining('after its completion had been forced'),
      details: [expect.objectContaining({ elapsedMs: 3_300_000 })],
    });
  });
});

describe('heartbeats say truly where the job is:', () => {
  test('in pre-copy, with the downtime allowed and the one expected', async () => {
    const { env, end } = attempt(pair.a, await inputOf());
    expect(await progressOf(env, ({ phase }) => phase === 'pre-copy')).toMatchObject({
      maxDowntimeMs: 10,
      expectedDowntimeMs: expect.any(Number),
    });
    await ended(env, end);
  });

  test('in another kind of job it has no figures', async () => {
    const { env, end } = attempt(pair.a, await inputOf());
    await pair.fleet.untilMigrating(busy);
    tells({ kind: 'other', elapsedMs: 9_000_000 });
    const abortJob = jest.spyOn(pair.a.hypervisor, 'abortJob');
    const progress = await progressOf(env, ({ bytesTotal }) => bytesTotal === 0);
    expect(progress.elapsedMs).toBeLessThan(9_000_000);
    expect(abortJob).not.toHaveBeenCalled();
    jest.restoreAllMocks();
    await ended(env, end);
  });

  test('gone from libvirt, the guest not yet resumed', async () => {
    const peer = await pair.a.hypervisor.connectPeer('sim://host-b/system');
    const prototype = Object.getPrototypeOf(peer) as typeof peer;
    const resume = Object.getOwnPropertyDescriptor(prototype, 'resume')!.value as typeof peer.resume;
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    jest.spyOn(prototype, 'resumeIfHeld').mockResolvedValue(false); // the source's end comes too early for it
    jest.spyOn(prototype, 'resume').mockImplementation(async function (this: typeof peer, guest) {
      await held;
      return resume.call(this, guest);
    });
    const { env, end } = attempt(pair.a, await inputOf());
    const [told] = [progressOf(env, ({ phase }) => phase === 'resuming')];
    await pair.fleet.untilMigrating(busy);
    await pair.letItConverge(busy);
    expect(await told).toMatchObject({ bytesTotal: 0 });
    goOn();
    await end;
  });

  test('adopting a job of which libvirt has no figures any more', async () => {
    const connect = pair.a.hypervisor.connectPeer.bind(pair.a.hypervisor);
    const input = await inputOf();
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (goOn = resolve));
    jest.spyOn(pair.a.hypervisor, 'connectPeer').mockImplementation(async (uri) => {
      await held;
      return connect(uri);
    });
    const { env, end } = attempt(pair.a, { ...input, attach: true });
    expect(await progressOf(env, () => true)).toMatchObject({ phase: 'adopting' });
    goOn();
    await failureOf(end);
  });
});

test('an error of the connection while it sets a limit does not end the supervision', async () => {
  const { env, end } = attempt(pair.a, await inputOf());
  await pair.fleet.untilMigrating(busy);
  tells({ elapsedMs: 160_000 });
  const lost = new HypervisorError('End of file while reading data', VirErr.SYSTEM_ERROR, VirFrom.RPC, true);
  setCalls().mockRejectedValue(lost);
  await heartbeats(env, 3);
  expect(await pair.a.hypervisor.observe(busy)).toMatchObject({ job: 'outgoing' });
  await ended(env, end);
});

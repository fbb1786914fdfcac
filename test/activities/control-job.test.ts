/** What commands do to the job in flight: at once, beside its supervision, and for good. */
import type { Info } from '@temporalio/activity';
import {
  type JobCommand,
  type JobCommandOutcome,
  type JobProgress,
  type MigrateInput,
  ErrorType,
} from '../../src/contract';
import { HypervisorError, VirErr, VirFrom } from '../../src/hypervisor/port';
import { HostPair, attempt, attemptAt, failureOf, heartbeats, migrationOf } from './host-pair';

let pair: HostPair;
let busy: string;
let input: MigrateInput;
beforeEach(async () => {
  pair = await HostPair.make();
  busy = await pair.startBusyGuest();
  ({ input } = await pair.prepare(busy, { maxDowntimeMs: 40, initialDowntimeMs: 40 }));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const ABORT: JobCommand = { command: 'abort' };
const NO_JOB = { done: 'no-job', progress: null };
const idle = { state: 'running', job: 'none' };
const LOST = new HypervisorError('client socket is closed', VirErr.INTERNAL_ERROR, VirFrom.RPC, true);
const NO_ACTIVE_JOB = new HypervisorError(
  'no job is active on the domain',
  VirErr.OPERATION_INVALID,
  VirFrom.QEMU,
  false,
);

const control = (command: JobCommand, info: Partial<Info> = {}, run = 'run-1'): Promise<JobCommandOutcome> =>
  attemptAt(() => pair.a.activities.controlJob({ migration: migrationOf(busy, run), ...command }), info).end;

async function underWay(): Promise<ReturnType<typeof attempt>> {
  const started = attempt(pair.a, input);
  await pair.fleet.untilMigrating(busy);
  return started;
}

/** The next attempt's call to libvirt is held until `goOn`. */
function held(name: 'connectPeer' | 'migrate'): { asked: Promise<void>; goOn: () => void } {
  const original = pair.a.hypervisor[name].bind(pair.a.hypervisor) as (...call: unknown[]) => Promise<never>;
  let goOn: () => void = () => undefined;
  const open = new Promise<void>((resolve) => (goOn = resolve));
  const asked = new Promise<void>((resolve) => {
    jest.spyOn(pair.a.hypervisor, name).mockImplementation(async (...call: unknown[]) => {
      resolve();
      await open;
      return original(...call);
    });
  });
  return { asked, goOn };
}

describe('abort', () => {
  test('ends the job when it is asked, not at the next heartbeat, and its supervision says so', async () => {
    const { end } = await underWay();
    const askedAt = performance.now();
    expect(await control(ABORT)).toEqual({ done: 'applied', progress: null });
    expect(await pair.a.hypervisor.observe(busy)).toMatchObject(idle);
    expect(performance.now() - askedAt).toBeLessThan(20_000);
    expect(await failureOf(end)).toMatchObject({ type: ErrorType.Aborted, nonRetryable: true });
    expect(await pair.b.hypervisor.observe(busy)).toEqual({ state: 'absent' });
  });

  test('keeps a job from beginning', async () => {
    const migrate = jest.spyOn(pair.a.hypervisor, 'migrate');
    const { asked, goOn } = held('connectPeer');
    const { end } = attempt(pair.a, input);
    await asked;
    expect(await control(ABORT)).toEqual(NO_JOB);
    goOn();
    expect((await failureOf(end)).type).toBe(ErrorType.Aborted);
    expect(migrate).not.toHaveBeenCalled();
  });

  test('keeps a job from beginning whose step is only on its way', async () => {
    const migrate = jest.spyOn(pair.a.hypervisor, 'migrate');
    expect(await control(ABORT)).toEqual(NO_JOB);
    expect((await failureOf(attempt(pair.a, input).end)).type).toBe(ErrorType.Aborted);
    expect(migrate).not.toHaveBeenCalled();
  });

  test('of a run that was reset since does not keep the new start from its job', async () => {
    await control(ABORT, { scheduledTimestampMs: 100 });
    const { end } = attempt(pair.a, input, { scheduledTimestampMs: 200 });
    await pair.fleet.untilMigrating(busy);
    await pair.letItConverge(busy);
    expect(await end).toMatchObject({ adopted: false });
  });

  test('ends a job that libvirt was asked for, as soon as it has begun', async () => {
    const { asked, goOn } = held('migrate');
    const { end } = attempt(pair.a, input);
    await asked;
    expect(await control(ABORT)).toEqual(NO_JOB);
    goOn();
    expect((await failureOf(end)).type).toBe(ErrorType.Aborted);
    expect(await pair.a.hypervisor.observe(busy)).toMatchObject(idle);
  });

  test('ends a job that another process has started, before anybody supervises it again', async () => {
    await underWay();
    await pair.restartSourceAgent();
    expect(await control(ABORT)).toEqual({ done: 'applied', progress: null });
    expect(await pair.a.hypervisor.observe(busy)).toMatchObject(idle);
    const failure = await failureOf(attempt(pair.a, { ...input, attach: true }).end);
    expect(failure.type).toBe(ErrorType.Aborted);
  });

  test('that libvirt does not take is carried out by the supervision that comes after', async () => {
    await underWay();
    await pair.restartSourceAgent();
    jest.spyOn(pair.a.hypervisor, 'abortJob').mockRejectedValueOnce(LOST);
    expect((await failureOf(control(ABORT))).type).toBe(ErrorType.HypervisorUnavailable);
    const { end } = attempt(pair.a, { ...input, attach: true });
    expect((await failureOf(end)).type).toBe(ErrorType.Aborted);
  });

  test('that libvirt does not take is asked again while this process has the job', async () => {
    const { end } = await underWay();
    jest.spyOn(pair.a.hypervisor, 'abortJob').mockRejectedValueOnce(LOST);
    expect((await failureOf(control(ABORT))).type).toBe(ErrorType.HypervisorUnavailable);
    expect((await failureOf(end)).type).toBe(ErrorType.Aborted);
  });

  test('of a job that has just ended finds none', async () => {
    const { end } = await underWay();
    jest.spyOn(pair.a.hypervisor, 'abortJob').mockImplementationOnce(async (guest) => {
      await pair.a.hypervisor.abortJob(guest);
      throw NO_ACTIVE_JOB;
    });
    expect(await control(ABORT)).toEqual(NO_JOB);
    await failureOf(end);
  });
});

describe('a limit', () => {
  const progressOf = (outcome: JobCommandOutcome): JobProgress => outcome.progress!;

  test('of the downtime is set at once, and the schedule does not undo it', async () => {
    const { env, end } = await underWay();
    const outcome = await control({ command: 'setMaxDowntime', maxDowntimeMs: 55 });
    expect(outcome.done).toBe('applied');
    expect(progressOf(outcome)).toMatchObject({ phase: 'pre-copy', maxDowntimeMs: 55 });
    const set = jest.spyOn(pair.a.hypervisor, 'setMaxDowntime');
    await heartbeats(env, 3);
    expect(set).not.toHaveBeenCalled();
    env.cancel();
    await failureOf(end);
  });

  test('of the downtime lets a busy guest converge', async () => {
    const { end } = await underWay();
    await control({ command: 'setMaxDowntime', maxDowntimeMs: 60_000 });
    expect(await end).toMatchObject({ adopted: false });
    expect(await pair.fleet.runningCopies(busy)).toEqual(['host-b']);
  });

  test('of the bandwidth is set at once', async () => {
    const { env, end } = await underWay();
    const set = jest.spyOn(pair.a.hypervisor, 'setBandwidth');
    expect(await control({ command: 'setBandwidth', bandwidthMiBps: 100 })).toMatchObject({
      done: 'applied',
    });
    await heartbeats(env, 2);
    expect(set.mock.calls).toEqual([[busy, 100]]);
    env.cancel();
    await failureOf(end);
  });

  test.each([
    ['setMaxDowntime', { command: 'setMaxDowntime', maxDowntimeMs: 55 }, 55],
    ['setBandwidth', { command: 'setBandwidth', bandwidthMiBps: 55 }, 55],
  ] as const)(
    'that libvirt refuses is a failure; the supervision sets it later (%s)',
    async (call, command, value) => {
      const { env, end } = await underWay();
      const set = jest.spyOn(pair.a.hypervisor, call).mockRejectedValueOnce(NO_ACTIVE_JOB);
      expect((await failureOf(control(command))).message).toContain('no job is active');
      await heartbeats(env, 2);
      expect(set.mock.calls).toEqual([
        [busy, value],
        [busy, value],
      ]);
      env.cancel();
      await failureOf(end);
    },
  );

  test('of a job that has yet to begin is what it begins with', async () => {
    const migrate = jest.spyOn(pair.a.hypervisor, 'migrate');
    expect(await control({ command: 'setMaxDowntime', maxDowntimeMs: 55 })).toEqual(NO_JOB);
    expect(await control({ command: 'setBandwidth', bandwidthMiBps: 66 })).toEqual(NO_JOB);
    const { env, end } = await underWay();
    expect(migrate).toHaveBeenCalledWith(
      busy,
      expect.objectContaining({ maxDowntimeMs: 55, bandwidthMiBps: 66 }),
    );
    env.cancel();
    await failureOf(end);
  });

  test.each([
    ['a step that was scheduled before the command', 100, 55],
    ['a step that was scheduled after it', 300, 77],
  ])('is not undone by %s', async (_what, scheduledTimestampMs, downtimeMs) => {
    await underWay();
    await control({ command: 'setMaxDowntime', maxDowntimeMs: 55 }, { scheduledTimestampMs: 200 });
    const told = { ...input, attach: true, overrides: { maxDowntimeMs: 77 } };
    const next = attempt(pair.a, told, { scheduledTimestampMs });
    await heartbeats(next.env, 2);
    const { progress } = await control({ command: 'setBandwidth', bandwidthMiBps: 0 });
    expect(progress).toMatchObject({ maxDowntimeMs: downtimeMs });
    next.env.cancel();
    await failureOf(next.end);
  });
});

const COMMANDS: JobCommand[] = [
  ABORT,
  { command: 'setMaxDowntime', maxDowntimeMs: 60_000 },
  { command: 'setBandwidth', bandwidthMiBps: 1 },
];

describe.each(COMMANDS)('$command', (command) => {
  const spies = (): jest.SpyInstance[] =>
    (['abortJob', 'setMaxDowntime', 'setBandwidth'] as const).map((name) =>
      jest.spyOn(pair.a.hypervisor, name),
    );

  test('touches no job of another migration', async () => {
    const { env, end } = await underWay();
    const calls = spies();
    expect(await failureOf(control(command, {}, 'run-2'))).toMatchObject({
      type: ErrorType.GuestBusy,
      nonRetryable: true,
    });
    await heartbeats(env, 2);
    for (const call of calls) expect(call).not.toHaveBeenCalled();
    env.cancel();
    await failureOf(end);
  });

  test.each([
    ['another kind of job, such as a backup', 'other'],
    ['an incoming one', 'incoming'],
  ] as const)('touches no job that is %s', async (_what, job) => {
    const seen = { state: 'running', reason: 'booted', job, persistent: true } as const;
    jest.spyOn(pair.a.hypervisor, 'observe').mockResolvedValue(seen);
    const calls = spies();
    expect(await control(command)).toEqual(NO_JOB);
    for (const call of calls) expect(call).not.toHaveBeenCalled();
  });

  test('finds no job of a guest that is gone', async () => {
    await pair.fleet.shutDownGuest(busy);
    expect(await control(command)).toEqual(NO_JOB);
  });
});

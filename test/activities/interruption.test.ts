/** A migrate step that is interrupted: the workflow's cancel is an abort, everything else leaves the job alone. */
import { ActivityCancellationDetails } from '@temporalio/common';
import { ErrorType, type JobProgress, type MigrateInput } from '../../src/contract';
import { HypervisorError, VirErr, VirFrom } from '../../src/hypervisor/port';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, attempt, failureOf, heartbeats } from './host-pair';

let pair: HostPair;
let busy: string;
let input: MigrateInput;

beforeEach(async () => {
  pair = await HostPair.make();
  busy = await pair.startBusyGuest();
  ({ input } = await pair.prepare(busy));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const outgoing = { state: 'running', job: 'outgoing' };

test('a cancel from the workflow ends the job', async () => {
  const { env, end } = attempt(pair.a, input);
  await pair.fleet.untilMigrating(busy);
  env.cancel();
  expect(await failureOf(end)).toMatchObject({ type: ErrorType.Aborted, nonRetryable: true });
  expect(await pair.a.hypervisor.observe(busy)).toMatchObject({ state: 'running', job: 'none' });
  expect(await pair.b.hypervisor.observe(busy)).toEqual({ state: 'absent' });
});

test('a cancel ends a job that another process has started', async () => {
  attempt(pair.a, input);
  await pair.fleet.untilMigrating(busy);
  await pair.restartSourceAgent();
  const { env, end } = attempt(pair.a, { ...input, attach: true });
  await heartbeats(env, 1);
  env.cancel();
  await failureOf(end);
  expect(await pair.a.hypervisor.observe(busy)).toMatchObject({ state: 'running', job: 'none' });
});

test('a cancel that libvirt does not take at first is asked again', async () => {
  const abortJob = jest.spyOn(pair.a.hypervisor, 'abortJob');
  abortJob.mockRejectedValueOnce(
    new HypervisorError('no job is active on the domain', VirErr.OPERATION_INVALID, VirFrom.QEMU, false),
  );
  const { env, end } = attempt(pair.a, input);
  await pair.fleet.untilMigrating(busy);
  env.cancel();
  expect((await failureOf(end)).type).toBe(ErrorType.Aborted);
  expect(abortJob).toHaveBeenCalledTimes(2);
});

test('a cancel before the job has begun keeps it from beginning', async () => {
  const migrate = jest.spyOn(pair.a.hypervisor, 'migrate');
  const connect = pair.a.hypervisor.connectPeer.bind(pair.a.hypervisor);
  const { env, end } = await new Promise<ReturnType<typeof attempt>>((resolve) => {
    jest.spyOn(pair.a.hypervisor, 'connectPeer').mockImplementation(async (uri) => {
      resolve(started);
      await cancelled;
      return connect(uri);
    });
    const started = attempt(pair.a, input);
    const cancelled = started.env.context.cancelled.catch(() => new Promise(setImmediate));
  });
  env.cancel();
  expect((await failureOf(end)).type).toBe(ErrorType.Aborted);
  expect(migrate).not.toHaveBeenCalled();
});

test('a cancel ends no other kind of job, such as a backup', async () => {
  const { env, end } = attempt(pair.a, input);
  await pair.fleet.untilMigrating(busy);
  const abortJob = jest.spyOn(pair.a.hypervisor, 'abortJob');
  const backup = { state: 'running', reason: 'booted', job: 'other', persistent: true } as const;
  const observe = jest.spyOn(pair.a.hypervisor, 'observe').mockResolvedValue(backup);
  env.cancel();
  await heartbeats(env, 2);
  expect(abortJob).not.toHaveBeenCalled();
  observe.mockRestore();
  await failureOf(end);
});

test('a cancel that comes too late is no error: the guest has arrived', async () => {
  const prepared = await pair.prepare(SAMPLE_GUEST.uuid);
  const tooLate = jest.spyOn(pair.a.hypervisor, 'abortJob').mockResolvedValue();
  const { env, end } = attempt(pair.a, prepared.input);
  await pair.fleet.untilMigrating(SAMPLE_GUEST.uuid);
  env.cancel();
  expect(await end).toMatchObject({ adopted: false });
  expect(tooLate).toHaveBeenCalled();
  expect(await pair.fleet.runningCopies(SAMPLE_GUEST.uuid)).toEqual(['host-b']);
});

test.each([
  ['WORKER_SHUTDOWN', { workerShutdown: true }],
  ['PAUSED', { paused: true }],
  ['RESET', { reset: true }],
  ['TIMED_OUT', { timedOut: true }],
  ['NOT_FOUND', { notFound: true }],
  ['WORKER_SHUTDOWN', { workerShutdown: true, cancelRequested: true }],
  ['PAUSED', { paused: true, cancelRequested: true }],
] as const)('%s %j leaves the job to the next attempt', async (reason, details) => {
  const abortJob = jest.spyOn(pair.a.hypervisor, 'abortJob');
  const { env, end } = attempt(pair.a, input);
  await pair.fleet.untilMigrating(busy);
  env.cancel(reason, new ActivityCancellationDetails(details));
  expect(await failureOf(end)).toMatchObject({
    type: 'SupervisionInterrupted',
    message: expect.stringContaining(Object.keys(details)[0]!),
    nonRetryable: true,
  });
  expect(abortJob).not.toHaveBeenCalled();
  expect(await pair.a.hypervisor.observe(busy)).toMatchObject(outgoing);

  const next = attempt(pair.a, { ...input, attach: true });
  await pair.letItConverge(busy);
  expect(await next.end).toMatchObject({ adopted: true });
});

test('heartbeats tell how far the job is, in figures only', async () => {
  const { env, end } = attempt(pair.a, input);
  const told = new Promise<JobProgress>((resolve) =>
    env.on('heartbeat', (progress: JobProgress | undefined) => {
      if (progress?.phase === 'pre-copy') resolve(progress);
    }),
  );
  expect(await told).toMatchObject({ bytesTotal: 16_384 * 2 ** 20, bytesSent: expect.any(Number) });
  env.cancel();
  await failureOf(end);
});

test('heartbeats go on while the daemon does not answer', async () => {
  const { env, end } = attempt(pair.a, input);
  await pair.fleet.untilMigrating(busy);
  jest.spyOn(pair.a.hypervisor, 'jobStats').mockReturnValue(new Promise(() => undefined));
  await heartbeats(env, 3);
  env.cancel();
  await failureOf(end);
});

/** The switchover is left alone: neither a question to the hypervisor nor a heartbeat falls into it, unless it lasts. */
import { setTimeout as pause } from 'node:timers/promises';
import { HypervisorError, VirErr } from '../../src/hypervisor/port';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, attempt, failureOf } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
const QUIET_MS = 500;
const LOOKS_EACH_MS = 500;

let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

/** A migrate call that goes on until it is ended, and when each look at it was begun. */
function endlessJob() {
  const { hypervisor } = pair.a;
  let heard: () => void = () => undefined;
  let stopped: () => void = () => undefined;
  let end: () => void = () => undefined;
  jest.spyOn(hypervisor, 'jobStats').mockImplementation(async () => {
    heard();
    return undefined;
  });
  jest.spyOn(hypervisor, 'migrate').mockImplementation((_guest, { onSourceStopped }) => {
    stopped = () => onSourceStopped?.();
    return new Promise((_resolve, reject) => {
      end = () => reject(new HypervisorError('ended', VirErr.OPERATION_FAILED, 10, false));
    });
  });
  const nextLookAt = (): Promise<number> =>
    new Promise((resolve) => (heard = () => resolve(performance.now())));
  return { nextLookAt, stopped: () => stopped(), end: () => end() };
}

test('for half a second after the guest was stopped no look is begun, and no heartbeat is sent', async () => {
  const { input } = await pair.prepare(guest);
  const job = endlessJob();
  const { env, end } = attempt(pair.a, input);
  const beats = jest.fn();
  await new Promise((resolve) => env.once('heartbeat', resolve));
  await pause(LOOKS_EACH_MS / 2); // between two looks
  env.on('heartbeat', beats);
  const stoppedAt = performance.now();
  job.stopped();
  expect((await job.nextLookAt()) - stoppedAt).toBeGreaterThanOrEqual(QUIET_MS);
  expect(beats).not.toHaveBeenCalled();
  job.end();
  await failureOf(end);
});

test('a look that is under way when the guest is stopped sends none either', async () => {
  const { input } = await pair.prepare(guest);
  const job = endlessJob();
  const { env, end } = attempt(pair.a, input);
  const beats = jest.fn();
  await job.nextLookAt();
  job.stopped();
  env.on('heartbeat', beats);
  await job.nextLookAt();
  expect(beats).not.toHaveBeenCalled();
  job.end();
  await failureOf(end);
});

/** The switchover is left alone: neither a question to the hypervisor nor a heartbeat falls into it, unless it lasts. */
import { HypervisorError, VirErr } from '../../src/hypervisor/port';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, attempt, failureOf } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
const QUIET_MS = 1_000;

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

test('for a second after the guest was stopped nothing is asked, and no heartbeat is sent', async () => {
  const { input } = await pair.prepare(guest);
  const job = endlessJob();
  const { env, end } = attempt(pair.a, input);
  await job.nextLookAt();
  const beats: number[] = [];
  env.on('heartbeat', () => beats.push(performance.now()));
  await new Promise((resolve) => env.once('heartbeat', resolve)); // of the look that was under way
  beats.length = 0;
  const stoppedAt = performance.now();
  job.stopped();
  expect((await job.nextLookAt()) - stoppedAt).toBeGreaterThanOrEqual(QUIET_MS);
  expect(beats).toEqual([]);
  job.end();
  await failureOf(end);
});

/** The fence: whatever the order of events, the target is resumed once, and only when its source can't run any more. */
import { Fence } from '../../activities/fence';
import { ErrorType, type GuestOnHost } from '../../src/contract';
import { HypervisorError, type PeerHypervisor, VirErr, VirFrom } from '../../src/hypervisor/port';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, attempt, failureOf } from './host-pair';

const RUNNING: GuestOnHost = { state: 'running', reason: 'unpaused', job: 'none', persistent: true };
const HELD: GuestOnHost = { state: 'paused', reason: 'user', job: 'none', persistent: true };
const lost = new HypervisorError('client socket is closed', VirErr.INTERNAL_ERROR, VirFrom.RPC, true);

/** A scripted target. `early`: what `resumeIfHeld` answers; `seen`: how the target looks afterwards. */
function stage(early: boolean | Error | Promise<boolean> = true, seen: GuestOnHost = HELD, wanted = true) {
  const peer = {
    resumeIfHeld: jest.fn(() =>
      early instanceof Error ? Promise.reject<boolean>(early) : Promise.resolve(early),
    ),
    resume: jest.fn(() => Promise.resolve()),
    observe: jest.fn(() => Promise.resolve(seen)),
  };
  const log = { info: jest.fn(), warn: jest.fn() };
  const target = { guest: 'guest', peer: peer as unknown as PeerHypervisor, wanted, log };
  return { fence: new Fence(target), peer, log };
}

describe('the migrate call returns success', () => {
  test('and nothing was told before: the target is resumed', async () => {
    const { fence, peer } = stage();
    await fence.arrived();
    expect(peer.resume).toHaveBeenCalledTimes(1);
    expect(peer.resumeIfHeld).not.toHaveBeenCalled();
  });

  test('after the target was resumed early: not again', async () => {
    const { fence, peer, log } = stage();
    fence.sourceEnding();
    expect(peer.resumeIfHeld).toHaveBeenCalledWith('guest'); // at once, not at the return
    await fence.arrived();
    expect(peer.resume).not.toHaveBeenCalled();
    expect(log.info).toHaveBeenCalledTimes(1);
  });

  test('while the early resume is under way: it is waited for', async () => {
    let answer: (resumed: boolean) => void = () => undefined;
    const { fence, peer } = stage(new Promise<boolean>((resolve) => (answer = resolve)));
    fence.sourceEnding();
    const arrived = fence.arrived();
    answer(true);
    await arrived;
    expect(peer.resume).not.toHaveBeenCalled();
  });

  test('after the target was not complete at the trigger: it is resumed now', async () => {
    const { fence, peer } = stage(false);
    fence.sourceEnding();
    await fence.arrived();
    expect(peer.resume).toHaveBeenCalledTimes(1);
  });

  test('after the early resume failed: it is resumed now', async () => {
    const { fence, peer, log } = stage(lost, HELD);
    fence.sourceEnding();
    await fence.arrived();
    expect(peer.resume).toHaveBeenCalledTimes(1);
    expect(log.warn).toHaveBeenCalledTimes(1);
  });

  test('after only the answer of the early resume was lost: not again', async () => {
    const { fence, peer } = stage(lost, RUNNING);
    fence.sourceEnding();
    await fence.arrived();
    expect(peer.resume).not.toHaveBeenCalled();
  });

  test('after two triggers: one resume', async () => {
    const { fence, peer } = stage();
    fence.sourceEnding();
    fence.sourceEnding();
    await fence.arrived();
    expect(peer.resumeIfHeld).toHaveBeenCalledTimes(1);
  });
});

test('nothing is resumed where nothing is wanted: libvirt’s own switchover, a guest that its user had paused', async () => {
  const { fence, peer } = stage(true, HELD, false);
  fence.sourceEnding();
  await fence.arrived();
  expect(peer.resumeIfHeld).not.toHaveBeenCalled();
  expect(peer.resume).not.toHaveBeenCalled();
  expect(await fence.mayHaveResumed()).toBe(false);
});

test.each([
  ['nothing was told', false, undefined],
  ['the target was not complete', false, false],
  ['the target was resumed', true, true],
  ['the resume’s answer was lost', true, lost],
])('the migrate call fails; %s: the target may run: %s', async (_what, may, early) => {
  const { fence } = stage(early);
  if (early !== undefined) fence.sourceEnding();
  expect(await fence.mayHaveResumed()).toBe(may);
});

describe('in the migrate step', () => {
  const guest = SAMPLE_GUEST.uuid;
  let pair: HostPair;
  beforeEach(async () => {
    pair = await HostPair.make();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await pair.close();
  });

  test('the target runs before the migrate call has returned', async () => {
    const migrate = pair.a.hypervisor.migrate.bind(pair.a.hypervisor);
    let runningAtReturn: string[] = [];
    jest.spyOn(pair.a.hypervisor, 'migrate').mockImplementation(async (...call) => {
      await migrate(...call);
      await pair.fleet.until((fleet) => fleet.hosts['host-b']?.domains[0]?.state === 'running');
      runningAtReturn = await pair.fleet.runningCopies(guest);
    });
    await attempt(pair.a, (await pair.prepare(guest)).input).end;
    expect(runningAtReturn).toEqual(['host-b']);
    expect(await pair.fleet.doubleRuns()).toEqual([]);
  });

  test('a call that fails after that leaves the outcome unknown, whatever it says', async () => {
    const migrate = pair.a.hypervisor.migrate.bind(pair.a.hypervisor);
    jest.spyOn(pair.a.hypervisor, 'migrate').mockImplementation(async (...call) => {
      await migrate(...call);
      throw new HypervisorError('canceled by client', VirErr.OPERATION_ABORTED, VirFrom.QEMU, false);
    });
    const failure = await failureOf(attempt(pair.a, (await pair.prepare(guest)).input).end);
    expect(failure).toMatchObject({
      type: ErrorType.OutcomeUnknown,
      nonRetryable: true,
      message: expect.stringMatching(/resumed on host-b .* host-a .* canceled by client/) as string,
    });
    expect(await pair.fleet.runningCopies(guest)).toEqual(['host-b']);
  });

  test('libvirt’s own switchover resumes nothing, whatever is told', async () => {
    const peer = await pair.a.hypervisor.connectPeer('sim://host-b/system');
    const early = jest.spyOn(Object.getPrototypeOf(peer) as PeerHypervisor, 'resumeIfHeld');
    await attempt(pair.a, (await pair.prepare(guest, { switchover: 'libvirt' })).input).end;
    expect(early).not.toHaveBeenCalled();
  });
});

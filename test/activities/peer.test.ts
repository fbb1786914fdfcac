/** A host whose own agent is away: the other's agent looks at its hypervisor, and may resume a held guest there. */
import { type GuestAct, type GuestOnHost, ErrorType } from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, failureOf, migrationOf } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const running: GuestOnHost = { state: 'running', reason: 'booted', job: 'none', persistent: true };
const held: GuestOnHost = { state: 'paused', reason: 'user', job: 'none', persistent: true };

const observeFromB = (on: string): Promise<GuestOnHost> =>
  pair.b.activities.observeGuest({ migration: migrationOf(guest), on });

const actFromB = (act: GuestAct, expect: GuestOnHost): Promise<GuestOnHost> =>
  pair.b.activities.actOnGuest({ migration: migrationOf(guest), act, expect, on: 'host-a' });

test('looks at the peer, not at itself', async () => {
  expect(await observeFromB('host-a')).toEqual(running);
});

test('a peer that does not answer is a failure, never an observation', async () => {
  await pair.fleet.cutLink('host-a', 'host-b');
  expect((await failureOf(observeFromB('host-a'))).type).toBe(ErrorType.HypervisorUnavailable);
});

test('goes nowhere but to its configured peers', async () => {
  const failure = await failureOf(observeFromB('host-x'));
  expect(failure).toMatchObject({
    type: ErrorType.PreCheck,
    nonRetryable: true,
    message: expect.stringMatching(/host-x is not among the peers configured on host-b/),
  });
});

test('a connection that was lost is opened again, and each is given back', async () => {
  const open: boolean[] = [];
  const connect = pair.b.hypervisor.connectPeer.bind(pair.b.hypervisor);
  jest.spyOn(pair.b.hypervisor, 'connectPeer').mockImplementation(async (uri) => {
    const peer = await connect(uri);
    const at = open.push(true) - 1;
    jest.spyOn(peer, 'close').mockImplementation(async () => void (open[at] = false));
    return peer;
  });
  await observeFromB('host-a');
  await pair.fleet.killLibvirtd('host-a');
  await failureOf(observeFromB('host-a'));
  await pair.fleet.startLibvirtd('host-a');
  expect(await observeFromB('host-a')).toEqual(running);
  expect(open).toEqual([false, false]);
});

test('resumes a guest that is held there', async () => {
  await pair.fleet.pauseGuest(guest);
  expect(await actFromB('resume', held)).toEqual({ ...running, reason: 'unpaused' });
  expect(await pair.fleet.runningCopies(guest)).toEqual(['host-a']);
});

test('refuses to resume what is not as expected', async () => {
  expect((await failureOf(actFromB('resume', held))).type).toBe(ErrorType.StateChanged);
});

test.each(['destroy', 'undefine', 'abort-job'] as const)(
  '%s is left to the peer’s own agent',
  async (act) => {
    await pair.fleet.pauseGuest(guest);
    expect(await failureOf(actFromB(act, held))).toMatchObject({
      type: ErrorType.StateChanged,
      message: expect.stringContaining('only its own agent'),
    });
    expect(await pair.a.hypervisor.observe(guest)).toEqual(held);
  },
);

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

test('looks share a connection; one that was lost is opened again', async () => {
  const connect = jest.spyOn(pair.b.hypervisor, 'connectPeer');
  await observeFromB('host-a');
  await observeFromB('host-a');
  expect(connect).toHaveBeenCalledTimes(1);
  await pair.fleet.killLibvirtd('host-a');
  await failureOf(observeFromB('host-a'));
  await pair.fleet.startLibvirtd('host-a');
  expect(await observeFromB('host-a')).toEqual(running);
  expect(connect).toHaveBeenCalledTimes(2);
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

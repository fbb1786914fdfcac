/** The destination's last step: the guest is here as it was promised, or it is said how not; only then the claim is let go. */
import { type FinalizeInput, type MigrationPolicy, ErrorType } from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, attempt, attemptAt, failureOf, uuid } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

/** The guest has been moved; what the workflow asks for then. */
async function arrived(of = guest, policy: Partial<MigrationPolicy> = {}): Promise<FinalizeInput> {
  const { facts, claim, input } = await pair.prepare(of, policy);
  const { pausedByUser } = await attempt(pair.a, input).end;
  return {
    migration: input.migration,
    claimId: claim.claimId,
    mdevs: claim.mdevs.map(({ target }) => target),
    persistent: facts.persistent,
    autostart: facts.autostart,
    pausedByUser,
  };
}
const finalize = (input: FinalizeInput): Promise<string[]> => pair.b.activities.finalizeOnDestination(input);
const ledger = async (): Promise<{ claimed: string[]; created: string[] }> => {
  const { claims, created } = await pair.b.ledger.list();
  return {
    claimed: claims.map(({ target }) => target).sort(),
    created: created.map(({ target }) => target).sort(),
  };
};

test('sets autostart, which libvirt leaves behind, and lets go of the claim', async () => {
  const input = await arrived();
  expect(await pair.b.hypervisor.domain(guest)).toMatchObject({ autostart: false });
  expect(await finalize(input)).toEqual([]);
  expect(await pair.b.hypervisor.domain(guest)).toMatchObject({ autostart: true });
  expect(await ledger()).toEqual({ claimed: [], created: [...input.mdevs].sort() });
});

test('sets no autostart that the guest did not have', async () => {
  const { uuid: other } = await pair.startGuest({ autostart: false });
  await finalize(await arrived(other));
  expect(await pair.b.hypervisor.domain(other)).toMatchObject({ autostart: false });
});

test('is done already when it is asked again', async () => {
  const input = await arrived();
  await finalize(input);
  expect(await finalize(input)).toEqual([]);
});

test('takes a transient guest as it is', async () => {
  const { uuid: transient } = await pair.startGuest({ persistent: false });
  expect(await finalize(await arrived(transient))).toEqual([]);
});

test('tries again when autostart is refused', async () => {
  const input = await arrived();
  await failNext('setAutostart', 9, 10);
  expect((await failureOf(finalize(input))).nonRetryable).not.toBe(true);
  expect((await ledger()).claimed).toEqual([...input.mdevs].sort());
  expect(await finalize(input)).toEqual([]);
  expect(await pair.b.hypervisor.domain(guest)).toMatchObject({ autostart: true });
});

test('completes though autostart is refused again and again, and warns', async () => {
  const input = await arrived();
  await failNext('setAutostart', 9, 10);
  const third = attemptAt(() => pair.b.steps.finalizeOnDestination(input), { attempt: 3 });
  expect(await third.end).toEqual([expect.stringMatching(/autostart .*host-b/)]);
  expect((await ledger()).claimed).toEqual([]);
});

test('keeps the claim while the daemon is away: it is tried again', async () => {
  const input = await arrived();
  await failNext('setAutostart', 38, 7);
  const failure = await failureOf(finalize(input));
  expect(failure.type).toBe(ErrorType.HypervisorUnavailable);
  expect(failure.nonRetryable).not.toBe(true);
  expect((await ledger()).claimed).toEqual([...input.mdevs].sort());
});

test.each([
  ['warns of a guest that somebody has paused', false, [expect.stringMatching(/paused \(user\) on host-b/)]],
  ['does not warn of a guest that its user had paused', true, []],
])('%s', async (_what, pausedByUser, warnings) => {
  const input = await arrived();
  await pair.fleet.pauseGuest(guest);
  expect(await finalize({ ...input, pausedByUser })).toEqual(warnings);
});

describe('refuses, and keeps the claim,', () => {
  async function refusal(input: FinalizeInput): Promise<string> {
    const before = await ledger();
    const failure = await failureOf(finalize(input));
    expect(failure).toMatchObject({ type: ErrorType.FinalizeFailed, nonRetryable: true });
    expect(await ledger()).toEqual(before);
    return failure.message;
  }

  test.each(['live', 'inactive'] as const)(
    'other mdevs than the claimed ones in the %s XML',
    async (wrong) => {
      const input = await arrived();
      const read = pair.b.hypervisor.domainXml.bind(pair.b.hypervisor);
      jest
        .spyOn(pair.b.hypervisor, 'domainXml')
        .mockImplementation(async (of, kind) =>
          kind === wrong ? (await read(of, kind)).replaceAll(input.mdevs[0]!, uuid(77)) : read(of, kind),
        );
      expect(await refusal(input)).toMatch(
        new RegExp(`${uuid(77)}.* in its ${wrong === 'live' ? 'live' : 'persistent'} XML`),
      );
    },
  );

  test('one device more than was claimed', async () => {
    const input = await arrived();
    expect(await refusal({ ...input, mdevs: input.mdevs.slice(1) })).toContain(input.mdevs[0]);
  });

  test('one device fewer than was claimed', async () => {
    const input = await arrived();
    expect(await refusal({ ...input, mdevs: [...input.mdevs, uuid(77)] })).toContain(uuid(77));
  });

  test('a transient guest where the source’s was persistent', async () => {
    const { uuid: transient } = await pair.startGuest({ persistent: false });
    const input = await arrived(transient);
    expect(await refusal({ ...input, persistent: true })).toMatch(/transient guest.*persistent definition/);
  });
});

test('a guest that has vanished since: says so, and frees its devices', async () => {
  const { uuid: transient } = await pair.startGuest({ persistent: false });
  const input = await arrived(transient);
  await pair.fleet.shutDownGuest(transient);
  expect((await failureOf(finalize(input))).type).toBe(ErrorType.GuestEnded);
  expect(await ledger()).toEqual({ claimed: [], created: [] });
  expect(await pair.mdevsOn('host-b')).toEqual([]);
});

test('a guest that was shut off since: says so; its devices stay its own', async () => {
  const input = await arrived();
  await pair.fleet.shutDownGuest(guest);
  expect(await failureOf(finalize(input))).toMatchObject({
    type: ErrorType.GuestEnded,
    message: expect.stringContaining('shut off (shutdown)'),
  });
  expect(await ledger()).toEqual({ claimed: [], created: [...input.mdevs].sort() });
  expect(await pair.mdevsOn('host-b')).toEqual([...input.mdevs].sort());
});

function failNext(call: 'setAutostart', code: number, domain: number): Promise<void> {
  return pair.fleet.arm([
    { call, host: 'host-b', effect: 'none', kind: 'call-error', code, domain, text: 'it fails' },
  ]);
}

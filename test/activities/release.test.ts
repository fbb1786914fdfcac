/** Undoing a claim: only its own devices, only while nobody uses them, and each fit for use again or set aside. */
import { type Claim, ErrorType } from '../../src/contract';
import { SAMPLE_GUEST, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { HostPair, failureOf, migrationOf, uuid } from './host-pair';

const migration = migrationOf(SAMPLE_GUEST.uuid);
const existing = uuid(50);
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const claimOne = (owner = migration): Promise<Claim> =>
  pair.b.activities.claimOnDestination({
    migration: owner,
    requests: [{ source: uuid(1), type: SAMPLE_TYPE }],
    persistent: true,
    sourceFailed: [],
  });
const release = (
  claimId?: string,
  {
    recycle = false,
    owner = migration,
    refusal,
  }: { recycle?: boolean; owner?: typeof migration; refusal?: string } = {},
) => pair.b.activities.releaseClaim({ migration: owner, claimId, recycle, refusal });
const held = async (): Promise<string[]> => (await pair.b.ledger.list()).claims.map(({ target }) => target);
const quarantined = async (): Promise<(string | null)[]> =>
  (await pair.b.ledger.list()).quarantined.map((device) => device.uuid);

test('destroys what we had made', async () => {
  const claim = await claimOne();
  expect(await release(claim.claimId)).toEqual([]);
  expect(await held()).toEqual([]);
  expect(await pair.mdevsOn('host-b')).toEqual([]);
});

test('is done already when it is asked again', async () => {
  const { claimId } = await claimOne();
  await release(claimId);
  expect(await release(claimId)).toEqual([]);
});

test('without a claim’s id means all that this migration holds, and nothing of others', async () => {
  const other = migrationOf(uuid(999));
  await claimOne();
  const theirs = await claimOne(other);
  await release(undefined);
  expect(await held()).toEqual([theirs.mdevs[0]!.target]);
  expect(await pair.mdevsOn('host-b')).toEqual([theirs.mdevs[0]!.target]);
});

test.each([
  ['a claim’s id that is no longer the one', 'another-claim', migration],
  ['another run of the same workflow', undefined, { ...migration, run: 'run-2' }],
  ['another migration that knows the id', 'its own', migrationOf(uuid(999))],
])('with %s frees nothing', async (_what, claimId, owner) => {
  const claim = await claimOne();
  await release(claimId === 'its own' ? claim.claimId : claimId, { owner, recycle: true });
  expect(await held()).toEqual([claim.mdevs[0]!.target]);
  expect(await pair.mdevsOn('host-b')).toEqual([claim.mdevs[0]!.target]);
});

test('touches no device that a domain uses, and says so', async () => {
  await pair.addFreeMdev(pair.b, existing);
  const { claimId } = await claimOne();
  await pair.startGuest({ host: 'host-b', mdevs: [existing] });
  const destroy = jest.spyOn(pair.b.hypervisor, 'destroyMdev');
  const failure = await failureOf(release(claimId, { recycle: true }));
  expect(failure).toMatchObject({
    type: ErrorType.ClaimConflict,
    message: expect.stringMatching(`host-b: mdev ${existing} .* used by a domain`),
  });
  expect(failure.nonRetryable).not.toBe(true); // it may be let go later
  expect(destroy).not.toHaveBeenCalled();
  expect(await held()).toEqual([existing]);
});

test('leaves an existing device alone when no migration was tried on it', async () => {
  await pair.addFreeMdev(pair.b, existing);
  const { claimId } = await claimOne();
  const destroy = jest.spyOn(pair.b.hypervisor, 'destroyMdev');
  await release(claimId);
  expect(destroy).not.toHaveBeenCalled();
  expect(await pair.mdevsOn('host-b')).toEqual([existing]);
  expect(await held()).toEqual([]);
});

test.each([true, false])(
  'makes an existing device anew when one was tried, persistent as it was: %s',
  async (persistent) => {
    await pair.addFreeMdev(pair.b, existing, persistent);
    const { claimId } = await claimOne();
    await pair.fleet.jamMdev('host-b', existing);
    expect(await release(claimId, { recycle: true })).toEqual([]);
    const [device] = (await pair.fleet.snapshot()).hosts['host-b']!.mdevs;
    expect(device).toMatchObject({ uuid: existing, type: SAMPLE_TYPE, active: true, persistent });
    expect(device!.resuming).toBe(false);
    expect(await held()).toEqual([]);
  },
);

test('sets a device aside that cannot be made anew, says so, and hands it out no more', async () => {
  await pair.addFreeMdev(pair.b, existing);
  const { claimId } = await claimOne();
  await failCreation(1, 22);
  expect(await release(claimId, { recycle: true })).toEqual([
    expect.stringMatching(`mdev ${existing} on host-b .*quarantine`),
  ]);
  expect(await quarantined()).toEqual([existing]);
  expect(await held()).toEqual([]);
  await pair.addFreeMdev(pair.b, existing); // it comes back by itself
  expect((await claimOne()).mdevs[0]!.target).not.toBe(existing);
});

test('sets a device aside that libvirt has refused by its UUID, with its words and what to do', async () => {
  await pair.addFreeMdev(pair.b, existing);
  const { claimId } = await claimOne();
  const refusal = `mediated device /sys/bus/mdev/devices/${existing} is in use by driver QEMU, domain desk`;
  expect(await release(claimId, { recycle: true, refusal })).toEqual([
    `mdev ${existing} on host-b is in quarantine; its reason: vgpu-ferry claims host-b`,
  ]);
  const [device] = (await pair.b.ledger.list()).quarantined;
  expect(device).toMatchObject({ uuid: existing, reason: expect.stringContaining(`${refusal}. No domain`) });
  expect((await claimOne()).mdevs[0]!.target).not.toBe(existing);
});

test('hands a device out again if libvirt has refused another one', async () => {
  await pair.addFreeMdev(pair.b, existing);
  const { claimId } = await claimOne();
  expect(await release(claimId, { recycle: true, refusal: `device ${uuid(51)} is in use` })).toEqual([]);
  expect(await quarantined()).toEqual([]);
});

test('does not take a daemon that went away for a broken device: it is tried again', async () => {
  await pair.addFreeMdev(pair.b, existing);
  const { claimId } = await claimOne();
  await failCreation(38, 7);
  expect((await failureOf(release(claimId, { recycle: true }))).type).toBe(ErrorType.HypervisorUnavailable);
  expect(await quarantined()).toEqual([]);
  expect(await release(claimId, { recycle: true })).toEqual([]);
  expect(await pair.mdevsOn('host-b')).toEqual([existing]);
});

test('of one device that fails does not keep the others from being freed', async () => {
  const { claimId, mdevs } = await pair.b.activities.claimOnDestination({
    migration,
    requests: [1, 2].map((n) => ({ source: uuid(n), type: SAMPLE_TYPE })),
    persistent: true,
    sourceFailed: [],
  });
  await pair.startGuest({ host: 'host-b', mdevs: [mdevs[0]!.target] });
  await failureOf(release(claimId));
  expect(await held()).toEqual([mdevs[0]!.target]);
  expect(await pair.mdevsOn('host-b')).toEqual([mdevs[0]!.target]);
});

function failCreation(code: number, domain: number): Promise<void> {
  return pair.fleet.arm([
    {
      call: 'createMdev',
      host: 'host-b',
      effect: 'none',
      kind: 'call-error',
      code,
      domain,
      text: 'it fails',
    },
  ]);
}

/** The source's last step: what the guest has left goes, and nothing that is anybody else's. */
import { type CleanUpInput, type SourceMdevPolicy, ErrorType } from '../../src/contract';
import { SAMPLE_GPU, SAMPLE_GUEST, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { HostPair, failureOf, migrationOf, uuid } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
const mdev = uuid(50);
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const cleanUp = (change: Partial<CleanUpInput> = {}): Promise<string[]> =>
  pair.a.activities.cleanUpSource({
    migration: migrationOf(uuid(9)),
    mdevs: [mdev],
    policy: 'remove',
    ...change,
  });
const gone = async (): Promise<boolean> => !(await pair.mdevsOn('host-a')).includes(mdev);

/** A device that we had made here for a guest that has left since. */
async function addOurs(): Promise<void> {
  await pair.addFreeMdev(pair.a, mdev);
  const owner = { workflow: 'live-migrate:earlier', run: 'run-0', guest: uuid(9) };
  const { claimId } = await pair.a.ledger.claim(owner, [{ source: uuid(1), type: SAMPLE_TYPE }], () => [
    { source: uuid(1), type: SAMPLE_TYPE, target: mdev, parent: SAMPLE_GPU, created: true },
  ]);
  await pair.a.ledger.consume(claimId, owner);
}

describe('the devices that the guest has left', () => {
  test('one that we had made goes, with its record', async () => {
    await addOurs();
    expect(await cleanUp()).toEqual([]);
    expect(await gone()).toBe(true);
    expect((await pair.a.ledger.list()).created).toEqual([]);
  });

  test('is done already when it is asked again', async () => {
    await addOurs();
    await cleanUp();
    expect(await cleanUp()).toEqual([]);
  });

  test('one that was here before us stays', async () => {
    await pair.addFreeMdev(pair.a, mdev);
    expect(await cleanUp()).toEqual([]);
    expect(await gone()).toBe(false);
  });

  test('one of ours stays by the policy "keep", and is still known as ours', async () => {
    await addOurs();
    expect(await cleanUp({ policy: 'keep' satisfies SourceMdevPolicy })).toEqual([]);
    expect(await gone()).toBe(false);
    expect((await pair.a.ledger.list()).created).toHaveLength(1);
  });

  test.each(['running', 'shut off'])('one that a %s domain uses stays, with a warning', async (state) => {
    await addOurs();
    const { uuid: other } = await pair.startGuest({ name: 'other', mdevs: [mdev] });
    if (state === 'shut off') await pair.fleet.shutDownGuest(other);
    expect(await cleanUp()).toEqual([
      expect.stringMatching(`mdev ${mdev} on host-a is used by another domain`),
    ]);
    expect(await gone()).toBe(false);
  });

  test('one that another migration has claimed stays, with a warning', async () => {
    await addOurs();
    const owner = { workflow: 'live-migrate:next', run: 'run-7', guest: uuid(8) };
    await pair.a.ledger.claim(owner, [{ source: uuid(2), type: SAMPLE_TYPE }], () => [
      { source: uuid(2), type: SAMPLE_TYPE, target: mdev, parent: SAMPLE_GPU, created: false },
    ]);
    expect(await cleanUp()).toEqual([expect.stringMatching(`mdev ${mdev} on host-a is claimed`)]);
    expect(await gone()).toBe(false);
  });
});

describe('the guest’s definition', () => {
  const clean = (): Promise<string[]> => cleanUp({ migration: migrationOf(guest), mdevs: [] });

  test('goes when it is shut off', async () => {
    await pair.fleet.shutDownGuest(guest);
    await clean();
    expect(await pair.a.hypervisor.domain(guest)).toBeUndefined();
  });

  test.each(['running', 'paused by its user'])(
    'stays when the guest is %s here, and nothing is touched',
    async (state) => {
      if (state !== 'running') await pair.fleet.pauseGuest(guest);
      const before = await pair.fleet.snapshot();
      expect(await failureOf(clean())).toMatchObject({ type: ErrorType.FinalizeFailed, nonRetryable: true });
      expect((await pair.fleet.snapshot()).hosts).toEqual(before.hosts);
    },
  );

  test('goes, with the copy that the migration had stopped: the guest went on without it', async () => {
    const observe = pair.a.hypervisor.observe.bind(pair.a.hypervisor);
    await pair.fleet.pauseGuest(guest);
    jest.spyOn(pair.a.hypervisor, 'observe').mockImplementation(async (of) => {
      const seen = await observe(of);
      return seen.state === 'paused' ? { ...seen, reason: 'migration' } : seen;
    });
    await clean();
    expect(await pair.a.hypervisor.domain(guest)).toBeUndefined();
  });

  test.each(['outgoing', 'other'] as const)('stays when a stopped copy still has a job (%s)', async (job) => {
    jest
      .spyOn(pair.a.hypervisor, 'observe')
      .mockResolvedValue({ state: 'paused', reason: 'migration', job, persistent: true });
    const destroy = jest.spyOn(pair.a.hypervisor, 'destroy');
    expect((await failureOf(clean())).type).toBe(ErrorType.FinalizeFailed);
    expect(destroy).not.toHaveBeenCalled();
  });
});

test('a copy that was let go on while the server was asked is not ended', async () => {
  const stopped = { state: 'paused', reason: 'migration', job: 'none', persistent: true } as const;
  const observe = pair.a.hypervisor.observe.bind(pair.a.hypervisor);
  const looks = jest.spyOn(pair.a.hypervisor, 'observe').mockResolvedValueOnce(stopped);
  looks.mockImplementation(observe); // from then on as it is: running
  const destroy = jest.spyOn(pair.a.hypervisor, 'destroy');
  const failure = await failureOf(cleanUp({ migration: migrationOf(guest), mdevs: [] }));
  expect(failure).toMatchObject({ type: ErrorType.FinalizeFailed });
  expect(destroy).not.toHaveBeenCalled();
});

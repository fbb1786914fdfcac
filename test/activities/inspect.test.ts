/** The first step: what the source says of the guest, of itself and of its way to the destination. */
import { type SourceFacts, ErrorType } from '../../src/contract';
import { HypervisorError } from '../../src/hypervisor/port';
import { SAMPLE_GUEST, SAMPLE_TYPE, SAMPLE_VERSIONS } from '../../src/hypervisor/simulated';
import { HostPair, attempt, failureOf, migrationOf, uuid } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const inspect = (of = guest, destination = 'host-b', requiredProtocol = 1): Promise<SourceFacts> =>
  pair.a.activities.inspectSource({ migration: { ...migrationOf(of), requiredProtocol }, destination });
const failedChecks = async (facts: Promise<SourceFacts>): Promise<string[]> =>
  (await facts).failed.map(({ host, check }) => `${host} ${check}`);

test('the facts of a guest that can go', async () => {
  const facts = await inspect();
  expect(facts).toMatchObject({
    host: 'host-a',
    versions: SAMPLE_VERSIONS,
    guestName: SAMPLE_GUEST.name,
    persistent: true,
    autostart: true,
    pausedByUser: false,
    xmlDigest: expect.stringMatching(/^[0-9a-f]{64}$/),
    failed: [],
  });
  expect(facts.mdevs.map(({ uuid: mdev }) => mdev).sort()).toEqual(await pair.mdevsOn('host-a'));
  expect(facts.mdevs.map(({ type }) => type)).toEqual([SAMPLE_TYPE, SAMPLE_TYPE]);
});

test('what the configuration says of its vGPUs; of one that it does not know, nothing', async () => {
  expect(await inspect()).toMatchObject({ profile: null, framebufferMiB: 0 });
  pair.profiles[SAMPLE_TYPE] = { framebufferMiB: 6144, policy: { maxDowntimeMs: 60_000 } };
  expect(await inspect()).toMatchObject({ profile: { maxDowntimeMs: 60_000 }, framebufferMiB: 2 * 6144 });
});

test('a guest that its user has paused', async () => {
  await pair.fleet.pauseGuest(guest);
  expect(await inspect()).toMatchObject({ pausedByUser: true, failed: [] });
});

test('an unknown guest is refused by its UUID and this host', async () => {
  expect(await failureOf(inspect(uuid(404)))).toMatchObject({
    type: ErrorType.GuestNotFound,
    nonRetryable: true,
    message: expect.stringMatching(`${uuid(404)} on host-a`),
  });
});

describe('failed checks are told, not thrown:', () => {
  test('a destination that is not configured as a peer', async () => {
    const connect = jest.spyOn(pair.a.hypervisor, 'connectPeer');
    expect((await inspect(guest, 'host-z')).failed).toEqual([
      expect.objectContaining({ check: 'peer-configured', host: 'host-a', found: 'no peer host-z' }),
    ]);
    expect(connect).not.toHaveBeenCalled();
  });

  test('what QEMU itself would refuse, if the operator lets it be asked', async () => {
    const blockers = ['VFIO device has no migration support'];
    const ask = jest.spyOn(pair.a.hypervisor, 'migrationBlockers').mockResolvedValue(blockers);
    expect((await inspect()).failed).toEqual([]);
    expect(ask).not.toHaveBeenCalled(); // it leaves a mark on the guest
    pair.askQemu = true;
    await pair.restartSourceAgent();
    jest.spyOn(pair.a.hypervisor, 'migrationBlockers').mockResolvedValue(blockers);
    expect(await failedChecks(inspect())).toEqual(['host-a qemu-blockers']);
  });

  test('a destination whose daemon does not answer', async () => {
    await pair.fleet.killLibvirtd('host-b');
    expect((await inspect()).failed).toEqual([
      expect.objectContaining({
        check: 'peer-reachable',
        host: 'host-a',
        found: expect.stringContaining('Connection refused'),
      }),
    ]);
  });

  test('a destination whose certificate is not accepted: by that name, with the reason and the mend', async () => {
    const says = "Failed to verify peer's certificate (it expired on 2026-11-26)";
    jest
      .spyOn(pair.a.hypervisor, 'connectPeer')
      .mockRejectedValueOnce(new HypervisorError(says, 45, 7, true));
    expect((await inspect()).failed).toEqual([
      {
        ...{ check: 'peer-certificates', host: 'host-a' },
        found: expect.stringMatching(/libvirt of host-b shows: it expired on 2026-11-26\..*sim/),
        required: expect.stringContaining('host-b'),
        fix: expect.stringContaining('servercert.pem on host-b'),
      },
    ]);
  });

  test('the source as its own destination: that alone', async () => {
    expect(await failedChecks(inspect(guest, 'host-a'))).toEqual(['host-a other-host']);
  });

  test('a guest that is shut off', async () => {
    await pair.fleet.shutDownGuest(guest);
    expect(await failedChecks(inspect())).toEqual(['host-a guest-state']);
  });

  test('a caller that needs a newer agent', async () => {
    expect(await failedChecks(inspect(guest, 'host-b', 99))).toEqual(['host-a agent-protocol']);
  });

  test('a device whose type is not known here', async () => {
    jest.spyOn(pair.a.hypervisor, 'listMdevs').mockResolvedValue([]);
    expect(await failedChecks(inspect())).toEqual(['host-a mdev-type']);
  });

  test('other devices in the persistent definition than in the running guest', async () => {
    const read = pair.a.hypervisor.domainXml.bind(pair.a.hypervisor);
    const [first] = (await inspect()).mdevs;
    jest
      .spyOn(pair.a.hypervisor, 'domainXml')
      .mockImplementation(async (of, kind) =>
        kind === 'inactive' ? (await read(of, kind)).replaceAll(first!.uuid, uuid(77)) : read(of, kind),
      );
    expect(await failedChecks(inspect())).toEqual(['host-a mdev-definition']);
  });

  test('a job that is under way', async () => {
    const busy = await pair.startBusyGuest();
    const { env, end } = attempt(pair.a, (await pair.prepare(busy)).input);
    await pair.fleet.untilMigrating(busy);
    expect(await failedChecks(inspect(busy))).toEqual(['host-a guest-job']);
    env.cancel();
    await failureOf(end);
  });
});

/** The host's sweep on a simulated host with a real ledger: what it does, and what it leaves alone. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Claim, type MigrationRef, type ReconcileReport, ErrorType } from '../../src/contract';
import { SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { HostPair, failureOf, migrationOf, uuid } from './host-pair';

const guest = uuid(900);
const migration = migrationOf(guest);
const existing = uuid(50);
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
  pair.migrationState = () => 'closed';
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const claim = (count = 1, owner: MigrationRef = migration): Promise<Claim> =>
  pair.b.activities.claimOnDestination({
    migration: owner,
    requests: Array.from({ length: count }, (_, n) => ({ source: uuid(n + 1), type: SAMPLE_TYPE })),
    persistent: false,
    sourceFailed: [],
  });
const sweep = (): Promise<ReconcileReport> => pair.b.activities.reconcileHost({ host: 'host-b' });
const targets = ({ mdevs }: Claim): string[] => mdevs.map(({ target }) => target).sort();

/** The guest has come by this claim, and its migration was never finished here. */
const arrive = (made: Claim, persistent = true) =>
  pair.startGuest({ host: 'host-b', uuid: guest, mdevs: targets(made), persistent });

/** Every device of a report, by where it stands. */
function listed(report: ReconcileReport): Record<string, string[]> {
  const { released, consumed, removed, quarantined, kept } = report;
  const entries = Object.entries({ released, consumed, removed, quarantined, kept });
  return Object.fromEntries(
    entries
      .filter(([, list]) => list.length > 0)
      .map(([part, list]) => [part, list.map((d) => d.uuid).sort()]),
  );
}

async function ledger(): Promise<{ claims: string[]; created: string[]; quarantined: (string | null)[] }> {
  const { claims, created, quarantined } = await pair.b.ledger.list();
  return {
    claims: claims.map(({ target }) => target).sort(),
    created: created.map(({ target }) => target).sort(),
    quarantined: quarantined.map((device) => device.uuid),
  };
}

const EMPTY = { claims: [], created: [], quarantined: [] };

describe('a claim of a migration that is over', () => {
  test('is given back when its guest is not here: what we had made is gone, and a second sweep has nothing to do', async () => {
    const made = await claim(2);
    const report = await sweep();
    expect(listed(report)).toEqual({ released: targets(made) });
    expect(report.released[0]).toMatchObject({ type: SAMPLE_TYPE, guest, migration: migration.workflow });
    expect(report.attention).toEqual([]);
    expect(await pair.mdevsOn('host-b')).toEqual([]);
    expect(await ledger()).toEqual(EMPTY);
    expect(listed(await sweep())).toEqual({});
  });

  test('frees an existing device made anew, since a migration may have been tried on it', async () => {
    await pair.addFreeMdev(pair.b, existing, true);
    await claim();
    await pair.fleet.jamMdev('host-b', existing);
    expect(listed(await sweep())).toEqual({ released: [existing] });
    const [device] = (await pair.fleet.snapshot()).hosts['host-b']!.mdevs;
    expect(device).toMatchObject({ uuid: existing, resuming: false, persistent: true });
  });

  test('puts a device aside that cannot be made anew, shows it in each sweep, and hands it out no more', async () => {
    await pair.addFreeMdev(pair.b, existing);
    await claim();
    await failCreation();
    const first = await sweep();
    expect(listed(first)).toEqual({ quarantined: [existing] });
    expect(first.attention).toEqual([expect.stringMatching(`${existing} on host-b could not be made anew`)]);
    expect(await ledger()).toEqual({ ...EMPTY, quarantined: [existing] });
    expect(listed(await sweep())).toEqual({ quarantined: [existing] });
  });

  test('is consumed when its guest runs here on it: the device is noted as ours, and stays', async () => {
    const made = await claim();
    await arrive(made);
    expect(listed(await sweep())).toEqual({ consumed: targets(made) });
    expect(await ledger()).toEqual({ ...EMPTY, created: targets(made) });
    expect(await pair.mdevsOn('host-b')).toEqual(targets(made));
    expect(listed(await sweep())).toEqual({ kept: targets(made) });
  });

  test('of a device that was here before us leaves no note when it is consumed', async () => {
    await pair.addFreeMdev(pair.b, existing);
    await arrive(await claim());
    expect(listed(await sweep())).toEqual({ consumed: [existing] });
    expect(await ledger()).toEqual(EMPTY);
  });

  test('stays while its guest is paused here: a person is told that it may be the only copy', async () => {
    const made = await claim();
    await arrive(made);
    await pair.fleet.pauseGuest(guest);
    const report = await sweep();
    expect(listed(report)).toEqual({ kept: targets(made) });
    expect(report.attention).toEqual([expect.stringMatching(`${guest}.*only copy.*virsh resume`)]);
    expect(await ledger()).toEqual({ ...EMPTY, claims: targets(made) });
    await pair.b.hypervisor.resume(guest);
    expect(listed(await sweep())).toEqual({ consumed: targets(made) });
  });
});

test.each(['running', 'unknown'] as const)(
  'nothing of a migration is touched that is, to Temporal, %s',
  async (state) => {
    const made = await claim();
    const noted = await claim(1, migrationOf(uuid(901)));
    await pair.b.ledger.consume(noted.claimId, migrationOf(uuid(901)));
    pair.migrationState = () => state;
    const before = await pair.fleet.snapshot();
    expect(listed(await sweep())).toEqual({ kept: [...targets(made), ...targets(noted)].sort() });
    expect((await pair.fleet.snapshot()).hosts).toEqual(before.hosts);
    expect(await ledger()).toEqual({ ...EMPTY, claims: targets(made), created: targets(noted) });
  },
);

describe('a device that we had made', () => {
  async function leave(): Promise<string> {
    const made = await claim();
    await pair.b.ledger.consume(made.claimId, migration);
    return made.mdevs[0]!.target;
  }

  test('is removed with its record when its guest is gone and nobody uses it', async () => {
    const mdev = await leave();
    expect(listed(await sweep())).toEqual({ removed: [mdev] });
    expect(await pair.mdevsOn('host-b')).toEqual([]);
    expect(await ledger()).toEqual(EMPTY);
  });

  test.each(['running', 'shut off'])('stays when a %s domain uses it', async (state) => {
    const mdev = await leave();
    const { uuid: other } = await pair.startGuest({ host: 'host-b', name: 'other', mdevs: [mdev] });
    if (state === 'shut off') await pair.fleet.shutDownGuest(other);
    expect(listed(await sweep())).toEqual({ kept: [mdev] });
    expect(await pair.mdevsOn('host-b')).toEqual([mdev]);
  });

  test('stays when a migration left it behind on purpose', async () => {
    const mdev = await leave();
    await pair.b.activities.cleanUpSource({ migration, mdevs: [mdev], policy: 'keep' });
    const report = await sweep();
    expect(report.kept).toEqual([
      expect.objectContaining({ uuid: mdev, why: expect.stringMatching('on purpose') }),
    ]);
    expect(await pair.mdevsOn('host-b')).toEqual([mdev]);
  });

  test('goes all the same when a later migration leaves it by the policy "remove"', async () => {
    const mdev = await leave();
    await pair.b.activities.cleanUpSource({ migration, mdevs: [mdev], policy: 'keep' });
    await pair.b.activities.cleanUpSource({ migration, mdevs: [mdev], policy: 'remove' });
    expect(await pair.mdevsOn('host-b')).toEqual([]);
  });

  test('stays when another migration has claimed it', async () => {
    const mdev = await leave();
    const next = await claim(1, migrationOf(uuid(901)));
    expect(targets(next)).toEqual([mdev]);
    pair.migrationState = ({ workflow }) => (workflow.endsWith(uuid(901)) ? 'running' : 'closed');
    expect(listed(await sweep())).toEqual({ kept: [mdev] });
    expect(await pair.mdevsOn('host-b')).toEqual([mdev]);
  });

  test('that has vanished is told, and its record goes', async () => {
    const mdev = await leave();
    await pair.b.hypervisor.destroyMdev(mdev);
    const report = await sweep();
    expect(listed(report)).toEqual({ removed: [mdev] });
    expect(report.attention).toEqual([expect.stringMatching(`${mdev}.*vanished`)]);
    expect(await ledger()).toEqual(EMPTY);
  });
});

test('a device that is not in the ledger is never touched, whoever uses it', async () => {
  await pair.addFreeMdev(pair.b, existing);
  const destroy = jest.spyOn(pair.b.hypervisor, 'destroyMdev');
  expect(listed(await sweep())).toEqual({});
  expect(destroy).not.toHaveBeenCalled();
});

describe('what a sweep decided is looked at again under the lock', () => {
  /** Something happens after the first look: the devices are listed last. */
  function afterTheLook(happens: () => Promise<unknown> | void): void {
    const { hypervisor } = pair.b;
    const list = hypervisor.listMdevs.bind(hypervisor);
    jest.spyOn(hypervisor, 'listMdevs').mockImplementationOnce(async () => {
      const devices = await list();
      await happens();
      return devices;
    });
  }

  test.each([
    ['release', 'a domain has begun to use the device'],
    ['release', 'its workflow was reset'],
    ['remove', 'a domain has begun to use the device'],
    ['remove', 'a migration of its guest has begun'],
  ])('%s is not done when %s', async (action, change) => {
    const made = await claim();
    const [mdev] = targets(made);
    if (action === 'remove') await pair.b.ledger.consume(made.claimId, migration);
    afterTheLook(async () => {
      if (change.startsWith('a domain'))
        await pair.startGuest({ host: 'host-b', name: 'other', mdevs: [mdev!] });
      else pair.migrationState = () => 'running';
    });
    const destroy = jest.spyOn(pair.b.hypervisor, 'destroyMdev');
    const report = await sweep();
    expect(report.kept).toEqual([
      expect.objectContaining({ uuid: mdev, why: expect.stringMatching('changed') }),
    ]);
    expect(destroy).not.toHaveBeenCalled();
  });

  test('consume is not done when the guest has been paused', async () => {
    const made = await claim();
    await arrive(made);
    afterTheLook(() => pair.fleet.pauseGuest(guest));
    expect(listed(await sweep())).toEqual({ kept: targets(made) });
    expect(await ledger()).toEqual({ ...EMPTY, claims: targets(made) });
  });

  test('remove is not done when a migration has claimed the device', async () => {
    const made = await claim();
    await pair.b.ledger.consume(made.claimId, migration);
    afterTheLook(() => claim(1, migrationOf(uuid(901))));
    expect(listed(await sweep())).toEqual({ kept: targets(made) });
    expect(await pair.mdevsOn('host-b')).toEqual(targets(made));
  });

  test('a claim that its own migration has released meanwhile is nobody’s business', async () => {
    const made = await claim();
    afterTheLook(() => pair.b.activities.releaseClaim({ migration, claimId: made.claimId, recycle: false }));
    expect(listed(await sweep())).toEqual({});
  });
});

test('two sweeps at once do what one does', async () => {
  const made = await claim(2);
  const destroy = jest.spyOn(pair.b.hypervisor, 'destroyMdev');
  const reports = await Promise.all([sweep(), sweep()]);
  expect(reports.flatMap(({ released }) => released.map((d) => d.uuid)).sort()).toEqual(targets(made));
  expect(reports.flatMap(({ attention }) => attention)).toEqual([]);
  expect(destroy).toHaveBeenCalledTimes(2);
  expect(await ledger()).toEqual(EMPTY);
});

describe('what cannot be seen or done', () => {
  test('a domain that cannot be read keeps every device, and is told', async () => {
    const made = await claim();
    await pair.startGuest({ host: 'host-b', name: 'odd', mdevs: 0 });
    const real = pair.b.hypervisor.domainXml.bind(pair.b.hypervisor);
    const read = jest.spyOn(pair.b.hypervisor, 'domainXml').mockResolvedValue('<domain');
    const report = await sweep();
    expect(listed(report)).toEqual({ kept: targets(made) });
    expect(report.attention).toEqual([expect.stringMatching('domain odd .*nothing was given back')]);
    read.mockImplementation(real);
    expect(listed(await sweep())).toEqual({ released: targets(made) });
  });

  test('one device that fails is told, and the others are dealt with', async () => {
    const made = await claim(2);
    const [stuck, other] = targets(made);
    const destroy = pair.b.hypervisor.destroyMdev.bind(pair.b.hypervisor);
    jest.spyOn(pair.b.hypervisor, 'destroyMdev').mockImplementation((mdev) => {
      if (mdev === stuck) return Promise.reject(new Error('device in use'));
      return destroy(mdev);
    });
    const report = await sweep();
    expect(listed(report)).toEqual({ released: [other], kept: [stuck] });
    expect(report.attention).toEqual([
      expect.stringMatching(`${stuck}: release failed on host-b: device in use`),
    ]);
    expect(await ledger()).toEqual({ ...EMPTY, claims: [stuck] });
  });

  test('a daemon that is away ends the sweep: it is tried again', async () => {
    await claim();
    await pair.fleet.killLibvirtd('host-b');
    const failure = await failureOf(sweep());
    expect(failure.type).toBe(ErrorType.HypervisorUnavailable);
    expect(failure.nonRetryable).not.toBe(true);
  });

  test.each([
    ['another host', { host: 'host-a' }, /found host host-a .* required host-b/],
    ['no host', {}, /host/],
    ['a path', { host: '../x' }, /host id/],
  ])('a sweep of %s is refused', async (_what, input, message) => {
    const failure = await failureOf(pair.b.activities.reconcileHost(input as { host: string }));
    expect(failure).toMatchObject({
      type: ErrorType.InvalidInput,
      nonRetryable: true,
      message: expect.stringMatching(message),
    });
  });
});

test('a record of an older version, without what becomes of the device, still reads; the device is kept', async () => {
  const made = await claim();
  const [mdev] = targets(made);
  const path = (folder: string): string => join(pair.stateDir('host-b'), folder, `${mdev}.json`);
  const asOlderVersionsWrite = readFileSync(path('claims'), 'utf8');
  expect(asOlderVersionsWrite).not.toContain('whenUnused');
  await pair.b.ledger.consume(made.claimId, migration);
  writeFileSync(path('created'), asOlderVersionsWrite);
  const report = await sweep();
  expect(report.kept).toEqual([
    expect.objectContaining({ uuid: mdev, why: expect.stringMatching('older version') }),
  ]);
  expect(await pair.mdevsOn('host-b')).toEqual([mdev]);
});

function failCreation(): Promise<void> {
  const error = { code: 1, domain: 22, text: 'it fails' };
  return pair.fleet.arm([
    { call: 'createMdev', host: 'host-b', effect: 'none', kind: 'call-error', ...error },
  ]);
}

/** The destination's first step: all checks, then one device for each of the guest's, the same ones however often it is asked. */
import {
  type Claim,
  type ClaimInput,
  type FailedCheck,
  AGENT_PROTOCOL,
  ErrorType,
  UNKNOWN_TYPE,
} from '../../src/contract';
import { SAMPLE_GUEST, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { HostPair, failureOf, migrationOf, uuid } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
const input: ClaimInput = {
  migration: migrationOf(guest),
  requests: [
    { source: uuid(1), type: SAMPLE_TYPE },
    { source: uuid(2), type: SAMPLE_TYPE },
  ],
  persistent: true,
  sourceFailed: [],
};

let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

const claim = (change: Partial<ClaimInput> = {}): Promise<Claim> =>
  pair.b.activities.claimOnDestination({ ...input, ...change });
const recorded = async (): Promise<string[]> =>
  (await pair.b.ledger.list()).claims.map(({ target }) => target).sort();
const targetsOf = (made: Claim): string[] => made.mdevs.map(({ target }) => target).sort();

/** The next creation of a device on the destination fails. */
const failNextCreation = (code = 1, domain = 22): Promise<void> =>
  pair.fleet.arm([
    {
      call: 'createMdev',
      host: 'host-b',
      effect: 'none',
      kind: 'call-error',
      code,
      domain,
      text: 'Unable to start mediated device: No available instances',
    },
  ]);

test('makes a device for each request, recorded as ours', async () => {
  const made = await claim();
  expect(made.mdevs.map(({ source, created }) => ({ source, created }))).toEqual([
    { source: uuid(1), created: true },
    { source: uuid(2), created: true },
  ]);
  expect(await pair.mdevsOn('host-b')).toEqual(targetsOf(made));
  expect(await recorded()).toEqual(targetsOf(made));
});

test.each([true, false])('makes them to survive a reboot if the guest does: %s', async (persistent) => {
  await claim({ persistent });
  const devices = await pair.b.hypervisor.listMdevs();
  expect(devices.map((device) => device.persistent)).toEqual([persistent, persistent]);
});

test('takes an existing free device first', async () => {
  await pair.addFreeMdev(pair.b, uuid(50));
  const made = await claim();
  expect(made.mdevs.find(({ target }) => target === uuid(50))).toMatchObject({ created: false });
  expect(await pair.mdevsOn('host-b')).toHaveLength(2);
});

test('takes no device that a domain uses, even one that is shut off', async () => {
  const { uuid: other, mdevs } = await pair.startGuest({ host: 'host-b', name: 'off' });
  await pair.fleet.shutDownGuest(other);
  expect(targetsOf(await claim())).not.toContain(mdevs[0]);
});

test('reads the XML of each domain once: a host may have a thousand', async () => {
  await pair.startGuest({ host: 'host-b', name: 'one' });
  await pair.startGuest({ host: 'host-b', name: 'other' });
  const reads = jest.spyOn(pair.b.hypervisor, 'domainXml');
  await claim();
  const read = reads.mock.calls.map((call) => call.join(' '));
  expect(read.length).toBeGreaterThanOrEqual(2);
  expect(new Set(read).size).toBe(read.length);
});

test('takes nothing while a domain cannot be read: it may use any device', async () => {
  await pair.startGuest({ host: 'host-b', name: 'odd' });
  const before = await pair.mdevsOn('host-b');
  jest.spyOn(pair.b.hypervisor, 'domainXml').mockResolvedValue('<domain>');
  const failure = await failureOf(claim());
  expect(failure).toMatchObject({ type: ErrorType.Mdev, message: expect.stringContaining('cannot be read') });
  expect(failure.nonRetryable).not.toBe(true);
  expect(await recorded()).toEqual([]);
  expect(await pair.mdevsOn('host-b')).toEqual(before);
});

test('gives the same migration the same answer again', async () => {
  const first = await claim();
  expect(await claim()).toEqual(first);
  expect(await pair.mdevsOn('host-b')).toHaveLength(2);
});

test('gives the same answer after a creation that failed midway, and completes it', async () => {
  const create = pair.b.hypervisor.createMdev.bind(pair.b.hypervisor);
  let calls = 0;
  jest.spyOn(pair.b.hypervisor, 'createMdev').mockImplementation(async (request) => {
    if (++calls === 2) await failNextCreation();
    return create(request);
  });
  const failure = await failureOf(claim());
  expect(failure).toMatchObject({
    type: ErrorType.Mdev,
    message: expect.stringContaining('No available instances'),
  });
  const kept = await recorded();
  expect(kept).toHaveLength(2); // recorded before they are made
  expect(await pair.mdevsOn('host-b')).toHaveLength(1);

  expect(targetsOf(await claim())).toEqual(kept);
  expect(await pair.mdevsOn('host-b')).toEqual(kept);
});

test('leaves nothing behind when no device can be made and the claim is released', async () => {
  await failNextCreation();
  expect((await failureOf(claim())).type).toBe(ErrorType.Mdev);
  await pair.b.activities.releaseClaim({ migration: input.migration, recycle: false });
  expect(await recorded()).toEqual([]);
  expect(await pair.mdevsOn('host-b')).toEqual([]);
});

test('makes again a device that is only defined: its creation was cut short', async () => {
  const create = pair.b.hypervisor.createMdev.bind(pair.b.hypervisor);
  await failNextCreation();
  await failureOf(claim());
  const [half] = (await pair.b.ledger.list()).claims;
  await create({ uuid: half!.target, type: half!.type, parent: half!.parent, persistent: true });
  const list = pair.b.hypervisor.listMdevs.bind(pair.b.hypervisor);
  const destroy = jest.spyOn(pair.b.hypervisor, 'destroyMdev');
  jest.spyOn(pair.b.hypervisor, 'listMdevs').mockImplementation(async () =>
    (await list()).map((device) => ({
      ...device,
      active: device.active && destroy.mock.calls.length > 0,
    })),
  );
  await claim();
  expect(destroy).toHaveBeenCalledWith(half!.target);
  expect(await pair.mdevsOn('host-b')).toEqual(await recorded());
});

describe('one that holds its claim already is checked again', () => {
  beforeEach(() => claim());

  test.each<[string, Partial<ClaimInput>, () => Promise<unknown>, string]>([
    [
      'a guest of that UUID has come here meanwhile',
      {},
      () => pair.startGuest({ host: 'host-b', uuid: guest, name: 'namesake', mdevs: 0 }),
      'guest-absent',
    ],
    [
      'its source refuses now',
      {
        sourceFailed: [
          { check: 'guest-state', host: 'host-a', found: 'off', required: 'running', fix: 'Start it.' },
        ],
      },
      () => Promise.resolve(),
      'guest-state',
    ],
    [
      'it needs a newer agent now',
      { migration: { ...input.migration, requiredProtocol: 99 } },
      () => Promise.resolve(),
      'agent-protocol',
    ],
  ])('%s', async (_what, change, meanwhile, expected) => {
    await meanwhile();
    const failure = await failureOf(claim(change));
    expect(failure).toMatchObject({ type: ErrorType.PreCheck, nonRetryable: true });
    expect((failure.details![0] as FailedCheck[]).map(({ check }) => check)).toEqual([expected]);
    expect(await recorded()).toHaveLength(2); // its release is the workflow's
  });
});

test('devices of a type that nobody told are refused for good', async () => {
  const failure = await failureOf(claim({ requests: [{ source: uuid(1), type: UNKNOWN_TYPE }] }));
  expect(failure).toMatchObject({ type: ErrorType.InvalidInput, nonRetryable: true });
  expect(await recorded()).toEqual([]);
});

test('two migrations never get the same device', async () => {
  const other = migrationOf(uuid(999));
  const [first, second] = await Promise.all([claim(), claim({ migration: other })]);
  expect(new Set([...targetsOf(first), ...targetsOf(second)]).size).toBe(4);
});

test('a claim that was released meanwhile is not made real by a late attempt', async () => {
  const ledger = pair.b.ledger;
  const record = ledger.claim.bind(ledger);
  jest.spyOn(ledger, 'claim').mockImplementation(async (...args) => {
    const answer = await record(...args);
    await pair.b.activities.releaseClaim({ migration: input.migration, recycle: false });
    return answer;
  });
  expect((await failureOf(claim())).type).toBe(ErrorType.ClaimConflict);
  expect(await pair.mdevsOn('host-b')).toEqual([]);
});

test('an attempt that was given up just after the server had still counted on it records nothing after the release', async () => {
  pair.attemptIsCurrent = async () => {
    pair.attemptIsCurrent = () => Promise.resolve(true);
    await pair.b.activities.releaseClaim({ migration: input.migration, recycle: false });
    return true;
  };
  expect((await failureOf(claim())).type).toBe(ErrorType.ClaimConflict);
  expect(await recorded()).toEqual([]);
  expect(await pair.mdevsOn('host-b')).toEqual([]);
  expect((await claim()).mdevs).toHaveLength(2); // an attempt that begins now is another
});

test('the looks do not wait for the server, the record does', async () => {
  const looked = new Promise<void>((resolve) => {
    const { hypervisor } = pair.b;
    const versions = hypervisor.versions.bind(hypervisor);
    jest.spyOn(hypervisor, 'versions').mockImplementation(() => versions().finally(resolve));
  });
  const record = jest.spyOn(pair.b.ledger, 'claim');
  pair.attemptIsCurrent = async () => {
    await looked;
    expect(record).not.toHaveBeenCalled();
    return true;
  };
  expect((await claim()).mdevs).toHaveLength(2);
});

test('an attempt that the server may have given up by now records nothing', async () => {
  const failure = await failureOf(pair.b.claimWithin(0, input));
  expect(failure.type).toBe(ErrorType.ClaimConflict);
  expect(failure.nonRetryable).not.toBe(true);
  expect(await recorded()).toEqual([]);
  expect(await pair.mdevsOn('host-b')).toEqual([]);
});

test('a guest without mediated devices claims nothing', async () => {
  expect(await claim({ requests: [] })).toEqual({
    claimId: '',
    host: 'host-b',
    mdevs: [],
    protocol: AGENT_PROTOCOL,
    seesGuestOnSource: false,
  });
  expect(await recorded()).toEqual([]);
});

test.each<[string, string | undefined, boolean]>([
  ['its peer shows the guest', 'host-a', true],
  ['it is told of no source', undefined, false],
  ['the source is none of its peers', 'host-x', false],
])('tells whether it sees the guest on the source: %s', async (_what, source, sees) => {
  const answer = await claim({ ...(source !== undefined && { source }) });
  expect(answer.seesGuestOnSource).toBe(sees);
});

test('a peer that does not have the guest is not the source, whatever its name', async () => {
  await pair.fleet.shutDownGuest(guest);
  await pair.a.hypervisor.undefine(guest);
  expect((await claim({ source: 'host-a' })).seesGuestOnSource).toBe(false);
});

describe('refuses, with nothing claimed and nothing made,', () => {
  async function refusal(change: Partial<ClaimInput> = {}): Promise<FailedCheck[]> {
    const before = await pair.mdevsOn('host-b');
    const failure = await failureOf(claim(change));
    expect(failure).toMatchObject({ type: ErrorType.PreCheck, nonRetryable: true });
    expect(await recorded()).toEqual([]);
    expect(await pair.mdevsOn('host-b')).toEqual(before);
    return failure.details![0] as FailedCheck[];
  }
  const failedOnSource: FailedCheck = {
    check: 'libvirt-version',
    host: 'host-a',
    found: 'libvirt 8.0.0',
    required: 'libvirt 8.6.0 or later',
    fix: 'Upgrade libvirt on this host.',
  };

  test('what the source has refused, together with its own findings', async () => {
    await pair.fleet.setVersions('host-b', { libvirt: 8_000_000, qemu: 10_000_000, kernel: '6.12.0' });
    const failed = await refusal({ sourceFailed: [failedOnSource] });
    expect(failed.map(({ host, check }) => `${host} ${check}`)).toEqual([
      'host-a libvirt-version',
      'host-b libvirt-version',
    ]);
  });

  test('what the source alone has refused', async () => {
    expect(await refusal({ sourceFailed: [failedOnSource] })).toEqual([failedOnSource]);
  });

  test('a guest that is here already', async () => {
    await pair.startGuest({ host: 'host-b', uuid: guest, name: 'namesake', mdevs: 0 });
    expect(await refusal()).toEqual([expect.objectContaining({ check: 'guest-absent', host: 'host-b' })]);
  });

  test('a type that is not offered here', async () => {
    expect(await refusal({ requests: [{ source: uuid(1), type: 'mtty-2' }] })).toEqual([
      expect.objectContaining({ check: 'mdev-type-offered', found: expect.stringContaining('mtty-2') }),
    ]);
  });

  test('more devices than there is room for', async () => {
    const requests = Array.from({ length: 5 }, (_, n) => ({ source: uuid(n), type: SAMPLE_TYPE }));
    expect(await refusal({ requests })).toEqual([
      expect.objectContaining({ check: 'mdev-capacity', found: expect.stringContaining('4 more') }),
    ]);
  });

  test('a shortage together with all else', async () => {
    const requests = Array.from({ length: 5 }, (_, n) => ({ source: uuid(n), type: SAMPLE_TYPE }));
    const failed = await refusal({ requests, sourceFailed: [failedOnSource] });
    expect(failed.map(({ check }) => check)).toEqual(['libvirt-version', 'mdev-capacity']);
  });

  test('a caller that needs a newer agent, by this host’s name', async () => {
    const failed = await refusal({ migration: { ...input.migration, requiredProtocol: 99 } });
    expect(failed).toEqual([expect.objectContaining({ check: 'agent-protocol', host: 'host-b' })]);
  });
});

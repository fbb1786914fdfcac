/** A host that requires TLS lets no guest go otherwise, whoever asks and in whatever order; and what it asks libvirt for. */
import { type FailedCheck, type MigrateInput, DEFAULT_POLICY, ErrorType } from '../../src/contract';
import { HypervisorError, type MigrationChannel, PLAIN_CHANNEL } from '../../src/hypervisor/port';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, attempt, failureOf, migrationOf } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
const TLS: MigrationChannel = { ...PLAIN_CHANNEL, tls: true };
const ENCRYPTED = 'qemu+tls://host-b/system';
const PLAIN = 'qemu+tcp://host-b/system';

let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
  for (const host of ['host-a', 'host-b']) await pair.fleet.setCertificate(host);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

async function requireTls(libvirtUri: string, channel: MigrationChannel): Promise<void> {
  pair.peers['host-b'] = { libvirtUri, channel };
  pair.requireTls = true;
  await pair.restartSourceAgent();
}

const inspect = () =>
  pair.a.activities.inspectSource({ migration: migrationOf(guest), destination: 'host-b' });

test('over TLS it goes, and libvirt is asked for just that', async () => {
  const channel = { tls: true, tlsDestination: 'host-b', uri: 'tcp://10.0.0.2' };
  await requireTls(ENCRYPTED, channel);
  const migrate = jest.spyOn(pair.a.hypervisor, 'migrate');
  const { input } = await pair.prepare(guest);
  expect((await inspect()).way).toEqual({ libvirt: 'tls', memory: 'tls' });
  await attempt(pair.a, input).end;
  expect(migrate).toHaveBeenCalledWith(guest, expect.objectContaining({ targetUri: ENCRYPTED, channel }));
  expect(await pair.fleet.runningCopies(guest)).toEqual(['host-b']);
});

test.each<[string, string, MigrationChannel, string[]]>([
  ['to a peer that is reached unencrypted', PLAIN, TLS, ['peer-encrypted']],
  ['as it is', ENCRYPTED, PLAIN_CHANNEL, ['migration-encrypted']],
  ['with neither', PLAIN, PLAIN_CHANNEL, ['peer-encrypted', 'migration-encrypted']],
])(
  'it is not let go %s: told with the other checks, and the peer is not asked',
  async (_what, uri, channel, checks) => {
    await requireTls(uri, channel);
    const connect = jest.spyOn(pair.a.hypervisor, 'connectPeer');
    const { failed } = await inspect();
    expect(failed.map(({ check }) => check)).toEqual(checks);
    expect(connect).not.toHaveBeenCalled();
  },
);

test.each<[string, string, MigrationChannel]>([
  ['to a peer that is reached unencrypted', PLAIN, TLS],
  ['as it is', ENCRYPTED, PLAIN_CHANNEL],
])('a caller that has not asked for the checks is refused too: %s', async (_what, uri, channel) => {
  const { input } = await pair.prepare(guest);
  await requireTls(uri, channel);
  const calls = (['connectPeer', 'migrate'] as const).map((name) => jest.spyOn(pair.a.hypervisor, name));
  const failure = await failureOf(attempt(pair.a, input).end);
  expect(failure).toMatchObject({ type: ErrorType.PreCheck, nonRetryable: true });
  expect((failure.details?.[0] as FailedCheck[])[0]!.host).toBe('host-a');
  for (const call of calls) expect(call).not.toHaveBeenCalled();
  expect(await pair.fleet.runningCopies(guest)).toEqual(['host-a']);
});

test('a certificate that has expired stops it: by type, with host and file; the guest and both hosts are as before', async () => {
  await requireTls(ENCRYPTED, TLS);
  await pair.fleet.setCertificate('host-b', { expired: true });
  const { input } = await pair.prepare(guest);
  expect(await failureOf(attempt(pair.a, input).end)).toMatchObject({
    type: ErrorType.Tls,
    nonRetryable: true,
    message: expect.stringMatching(
      /^TLS from host-a to host-b failed\. .*server-cert\.pem on host-b has expired\./,
    ),
    details: [{ host: 'host-a', code: 1, domain: 10 }],
  });
  expect(await pair.fleet.runningCopies(guest)).toEqual(['host-a']);
  expect(await pair.b.hypervisor.observe(guest)).toEqual({ state: 'absent' });
  await pair.fleet.setCertificate('host-b');
  await attempt(pair.a, input).end;
  expect(await pair.fleet.runningCopies(guest)).toEqual(['host-b']);
});

test('a connection that is refused for a certificate is no outcome that is unknown: nothing has begun', async () => {
  await requireTls(ENCRYPTED, TLS);
  const { input } = await pair.prepare(guest);
  const refused = new HypervisorError("Failed to verify peer's certificate", 45, 7, true);
  jest.spyOn(pair.a.hypervisor, 'connectPeer').mockRejectedValueOnce(refused);
  expect((await failureOf(attempt(pair.a, input).end)).type).toBe(ErrorType.Tls);
});

test('nothing in an input changes it', async () => {
  const { input } = await pair.prepare(guest);
  await requireTls(ENCRYPTED, PLAIN_CHANNEL);
  const wishes = { requireTls: false, migrationTls: 'off', channel: TLS, targetUri: ENCRYPTED, peers: {} };
  const wishing = { ...input, ...wishes, policy: { ...DEFAULT_POLICY, ...wishes } } as MigrateInput;
  expect(await failureOf(attempt(pair.a, wishing).end)).toMatchObject({ type: ErrorType.PreCheck });
  await requireTls(ENCRYPTED, TLS);
  const migrate = jest.spyOn(pair.a.hypervisor, 'migrate');
  await attempt(pair.a, { ...wishing, channel: PLAIN_CHANNEL } as MigrateInput).end;
  expect(migrate).toHaveBeenCalledWith(guest, expect.objectContaining({ channel: TLS }));
});

test('a peer that is reached unencrypted is not looked at either', async () => {
  await requireTls(PLAIN, TLS);
  const connect = jest.spyOn(pair.a.hypervisor, 'connectPeer');
  const look = pair.a.activities.observeGuest({ migration: migrationOf(guest), on: 'host-b' });
  expect(await failureOf(look)).toMatchObject({
    type: ErrorType.PreCheck,
    message: expect.stringContaining('peer-encrypted'),
  });
  expect(connect).not.toHaveBeenCalled();
});

/**
 * Two real hosts with TLS between them: what passes is read off the wire, plain and encrypted; certificates that are not
 * good stop a migration by name, and what is plain is refused where TLS is required.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ErrorType } from '../../src/contract';
import type { AgentSettings } from '../src/agent';
import { captured } from '../src/capture';
import { cleanHosts } from '../src/clean';
import { goesOnCounting } from '../src/counting';
import { type GuestSpec, serialSize, startGuest, trace } from '../src/guest';
import type { LabHost } from '../src/host';
import { HostTls } from '../src/host-tls';
import { activeMdevs, hasJob, ledgerFiles, qemuProcesses, vncPassword, whereDefined } from '../src/inspect';
import type { Lab } from '../src/lab';
import { Migrations, failureOf, succeeded, typeOf } from '../src/migrations';
import { sentTo } from '../src/pcap';
import { FLAWS, PKI_FOLDER, bringPki, makePki } from '../src/pki';
import { sharedAgents, sharedLab } from '../src/session';

const PASSWORD = 'sesame42';
/** Stands in the guest's memory: its program's own text. */
const IN_MEMORY = 'PAYLOAD-START cmdline=';
const MIGRATION_PORTS = [49_152, 49_215] as const;
const LIBVIRT_PORT = { tcp: 16_509, tls: 16_514 };
/** How a TLS record begins: what it carries (RFC 8446, 5.1), and the version, any 3.x. */
const TLS_HANDSHAKE = Buffer.from([0x16, 0x03]);
const TLS_DATA = Buffer.from([0x17, 0x03]);
const START_LIMIT_MS = 420_000;

const guest: GuestSpec = {
  ...{ name: 'desk', uuid: randomUUID(), vncPassword: PASSWORD },
  mdevs: [{ uuid: randomUUID(), type: 'mtty-2' }],
};

let lab: Lab;
let migrations: Migrations;
let agents: ReturnType<typeof sharedAgents>;
let tls: { a: HostTls; b: HostTls };
/** Length of its serial log where it runs, when it came there: it has been on both hosts before. */
let cameAt = 0;

beforeAll(async () => {
  const shared = await sharedLab();
  lab = shared.lab;
  agents = sharedAgents(lab);
  tls = { a: new HostTls(lab.a), b: new HostTls(lab.b) };
  migrations = await Migrations.connect(shared.address);
  const folder = await mkdtemp(join(tmpdir(), 'vgpu-ferry-pki-'));
  const pki = join(folder, 'pki');
  await Promise.all([cleanHosts(lab.hosts), makePki(pki, [lab.a, lab.b], lab.a)]);
  await Promise.all([lab.a, lab.b].map((host) => bringPki(pki, host)));
  await rm(folder, { recursive: true });
  // libvirt asks QEMU what it can when it is first asked itself: a minute and more on a busy machine
  const awake = lab.b.ssh('virsh -q version', START_LIMIT_MS);
  await Promise.all([tls.a.place(), tls.b.place(), startGuest(lab.a, guest), awake]);
}, START_LIMIT_MS);

afterAll(async () => {
  await migrations.close();
  await Promise.all([tls.a.restore(), tls.b.restore()]);
  await restart({ a: {}, b: {} });
}, START_LIMIT_MS);

async function restart(settings: { a?: Partial<AgentSettings>; b?: Partial<AgentSettings> }): Promise<void> {
  const restartOne = async (letter: 'a' | 'b'): Promise<void> => {
    const wanted = settings[letter];
    if (wanted === undefined) return;
    await agents[letter].stop();
    await agents[letter].start(wanted);
    await agents[letter].ready();
  };
  await Promise.all([restartOne('a'), restartOne('b')]);
}

const overTls = (peer: LabHost): Partial<AgentSettings> => ({
  requireTls: true,
  peers: { [peer.name]: { libvirtUri: `qemu+tls://${peer.name}/system` } },
});

const migrate = (from: LabHost, to: LabHost) =>
  migrations.start({ guest: guest.uuid, source: from.name, destination: to.name }, '20 minutes');

/** A migration that succeeds, as the network between the hosts sees it. */
async function moved(from: LabHost, to: LabHost): Promise<Buffer> {
  cameAt = await serialSize(to, guest);
  const seen = await captured(to, async () => void (await succeeded(await migrate(from, to))));
  expect(await whereDefined(lab.hosts, guest.uuid)).toEqual({ [to.name]: 'running' });
  expect(await vncPassword(to, guest.uuid, 'live')).toBe(PASSWORD);
  await expectToCount(to);
  return seen;
}

async function expectToCount(host: LabHost): Promise<void> {
  const { faults } = await goesOnCounting(() => trace(host, guest, cameAt), host.name, 60_000);
  expect(faults).toEqual([]);
}

async function expectEncrypted(seen: Buffer): Promise<void> {
  const [memory, control] = [sentTo(seen, ...MIGRATION_PORTS), sentTo(seen, LIBVIRT_PORT.tls)];
  expect(memory.subarray(0, 2)).toEqual(TLS_HANDSHAKE);
  // a look at the peer may have opened its connection before the capture began
  expect([TLS_HANDSHAKE, TLS_DATA]).toContainEqual(control.subarray(0, 2));
  for (const sent of [memory, control]) {
    for (const secret of [IN_MEMORY, PASSWORD, '<domain', 'QEVM']) expect(sent.includes(secret)).toBe(false);
  }
  expect(memory.length).toBeGreaterThan(100_000);
  expect(sentTo(seen, LIBVIRT_PORT.tcp).length).toBe(0);
}

/** Refused or failed: the guest goes on where it was, and the other host is as it was. */
async function expectStays(on: LabHost, other: LabHost, before: unknown): Promise<void> {
  expect(await whereDefined(lab.hosts, guest.uuid)).toEqual({ [on.name]: 'running' });
  expect(await qemuProcesses(lab.hosts, guest.uuid)).toEqual([on.name]);
  expect(await hasJob(on, guest.uuid)).toBe(false);
  await expectToCount(on);
  expect([await activeMdevs(other), await ledgerFiles(other)]).toEqual(before);
}

const stateOf = async (host: LabHost): Promise<unknown> => [await activeMdevs(host), await ledgerFiles(host)];

/** How a migration ends that must not begin. */
async function failedMove(from: LabHost, to: LabHost): Promise<{ type: unknown; message: string }> {
  const before = await stateOf(to);
  const failure = await failureOf(await migrate(from, to));
  await expectStays(from, to, before);
  return { type: typeOf(failure), message: failure.message };
}

test('without TLS, memory and password can be read off the wire: what is sought below would be found', async () => {
  const seen = await moved(lab.a, lab.b);
  const memory = sentTo(seen, ...MIGRATION_PORTS);
  expect(memory.subarray(0, 4).toString()).toBe('QEVM');
  expect(memory.includes(IN_MEMORY)).toBe(true);
  const control = sentTo(seen, LIBVIRT_PORT.tcp);
  expect(control.includes('<domain')).toBe(true);
  expect(control.includes(PASSWORD)).toBe(true);
});

test('a libvirt that takes TLS only refuses a plain one, whatever the agents would do', async () => {
  await Promise.all([tls.a.listen({ forced: true, flaw: 'expired' }), tls.b.listen({ forced: false })]);
  expect(await failedMove(lab.b, lab.a)).toEqual({
    type: ErrorType.Tls,
    message: expect.stringContaining('takes migrations over TLS only (migrate_tls_force)'),
  });
});

test('an agent that requires TLS refuses a plain one before anything moves', async () => {
  const plain = { libvirtUri: lab.a.peerUri, migrationTls: 'off' } as const;
  await restart({ a: overTls(lab.b), b: { requireTls: true, peers: { [lab.a.name]: plain } } });
  const { type, message } = await failedMove(lab.b, lab.a);
  expect(type).toBe(ErrorType.PreCheck);
  expect(message).toMatch(/host-b: peer-encrypted: .*qemu\+tcp/);
  expect(message).toMatch(/host-b: migration-encrypted: .*"off" for host-a/);
});

describe('a libvirt whose certificate is not good is not talked to: the checks say why', () => {
  const SAYS = {
    expired: /it expired on 2025-02-01/,
    'wrong-host': /it is for DNS:elsewhere\.example.*, not for host-a/,
    foreign:
      /it was issued by CN=authority of foreign, which is not the authority in \/etc\/pki\/CA\/cacert\.pem/,
  };
  beforeAll(() => restart({ b: overTls(lab.a) }), START_LIMIT_MS);
  afterAll(() => tls.a.serveLibvirt());

  test.each(FLAWS)('%s', async (flaw) => {
    if (flaw !== 'expired') await tls.a.serveLibvirt(flaw); // it has run with that one since it was started
    const { type, message } = await failedMove(lab.b, lab.a);
    expect(type).toBe(ErrorType.PreCheck);
    expect(message).toMatch(/host-b: peer-certificates: .*libvirt of host-a/);
    expect(message).toMatch(SAYS[flaw]);
  });
});

describe("a QEMU whose certificate is not good gets nothing: the failure's type, its host and file say why", () => {
  const SAYS = {
    expired: /\/etc\/pki\/qemu\/server-cert\.pem on host-a has expired/,
    'wrong-host': /QEMU certificate of host-a \(server-cert\.pem\) is not for 192\.168\.77\.1/,
    foreign:
      /QEMU on host-b does not accept the QEMU certificate of host-a: the certificate hasn't got a known issuer/,
  };
  afterAll(() => tls.a.place());

  test.each(FLAWS)('%s', async (flaw) => {
    await tls.a.spoilQemu(flaw);
    expect(await failedMove(lab.b, lab.a)).toEqual({
      type: ErrorType.Tls,
      message: expect.stringMatching(SAYS[flaw]),
    });
  });
});

test('over TLS it goes back, to a libvirt that takes nothing else, and nothing can be read', async () => {
  await expectEncrypted(await moved(lab.b, lab.a));
});

test('and there again', async () => {
  await expectEncrypted(await moved(lab.a, lab.b));
});

test('the doctor finds all of it in order, but for the plain port that the lab itself needs', async () => {
  const sections = await agents.a.doctor();
  const { findings = [] } = sections.find(({ topic }) => topic === 'TLS') ?? {};
  const verdicts = Object.fromEntries(findings.map(({ subject, verdict }) => [subject, verdict]));
  expect(verdicts).toEqual({
    ...{ 'TLS authority': 'ok', 'TLS client certificate': 'ok', 'TLS server certificate': 'ok' },
    ...{ 'QEMU authority': 'ok', 'QEMU client certificate': 'ok', 'QEMU server certificate': 'ok' },
    ...{ 'who may send guests': 'ok', requireTls: 'ok', 'guests that arrive': 'ok' },
    "libvirt's plain port": 'warn',
  });
});

test("a guest's QEMU cannot open the other host's libvirt with its certificate: the authority is another", async () => {
  const opens = (whose: 'libvirt' | 'qemu') =>
    lab.b.trySsh(`
      folder=$(mktemp -d) && cd ${PKI_FOLDER}
      cp libvirt-ca.pem $folder/cacert.pem
      cp ${whose}-${lab.b.name}.pem $folder/clientcert.pem
      cp ${whose}-${lab.b.name}-key.pem $folder/clientkey.pem
      virsh -q -c "qemu+tls://${lab.a.name}/system?pkipath=$folder&no_sanity=1" version`);
  expect((await opens('libvirt')).code).toBe(0);
  const { code, stderr } = await opens('qemu');
  expect(code).not.toBe(0);
  expect(stderr).toContain('Unable to read TLS confirmation');
});

/** Certificates of test/fixtures/tls, laid out as libvirt wants them, and spoilt in each way that happens. */
import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type Machine,
  lookAtLibvirtCertificates,
  lookAtQemuCertificates,
  migrationFolder,
} from '../../src/doctor/certificates';
import type { Finding } from '../../src/doctor/finding';

const FIXTURES = join(__dirname, '..', 'fixtures', 'tls');
const AUTHORITY = 'etc/pki/CA/cacert.pem';
const CLIENT = 'etc/pki/libvirt/clientcert.pem';
const CLIENT_KEY = 'etc/pki/libvirt/private/clientkey.pem';
const SERVER = 'etc/pki/libvirt/servercert.pem';
const NOW = new Date('2030-01-01T00:00:00Z');

let root: string;

async function put(fixture: string, place: string): Promise<void> {
  await mkdir(dirname(join(root, place)), { recursive: true });
  await cp(join(FIXTURES, fixture), join(root, place));
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vgpu-ferry-doctor-'));
  await put('authority.pem', AUTHORITY);
  for (const place of [CLIENT, SERVER]) await put('host-a.pem', place);
  for (const place of [CLIENT_KEY, 'etc/pki/libvirt/private/serverkey.pem']) await put('host-a.key', place);
});
afterEach(() => rm(root, { recursive: true }));

const machine = (change: Partial<Machine> = {}): Machine => ({
  ...{ root, home: null, hostname: 'host-a.example', now: NOW },
  ...change,
});
const told = (findings: Finding[]): Record<string, [string, string]> =>
  Object.fromEntries(findings.map(({ subject, verdict, found }) => [subject, [verdict, found]]));
const verdicts = async (change: Partial<Machine> = {}): Promise<Record<string, [string, string]>> =>
  told(await lookAtLibvirtCertificates(machine(change)));

test('good ones: with their last day', async () => {
  expect(await verdicts()).toEqual({
    'TLS authority': ['ok', `/${AUTHORITY}, valid until 2126-11-03`],
    'TLS client certificate': ['ok', `/${CLIENT}, valid until 2126-11-03`],
    'TLS server certificate': ['ok', `/${SERVER}, valid until 2126-11-03`],
  });
});

test('a server name that is not in it is a warning', async () => {
  expect((await verdicts({ hostname: 'host-z' }))['TLS server certificate']).toEqual([
    'warn',
    `/${SERVER} is valid for DNS:host-a.example, not for host-z`,
  ]);
});

test.each<[string, () => Promise<void>, RegExp]>([
  ['missing', () => rm(join(root, CLIENT)), /clientcert\.pem is missing \(to open peers' libvirt\)/],
  [
    'of a foreign authority',
    () => put('foreign.pem', CLIENT),
    /issued by CN=another authority, which is not/,
  ],
  ['without its key', () => rm(join(root, CLIENT_KEY)), /its private key is not/],
  [
    'whose key this user cannot read',
    async () => {
      await rm(join(root, CLIENT_KEY));
      await mkdir(join(root, CLIENT_KEY)); // root can read any file, and no folder
    },
    /this user cannot read its private key/,
  ],
  [
    'with the key of another',
    async () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      await writeFile(join(root, CLIENT_KEY), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    },
    /does not belong to its private key/,
  ],
  ['that is none', () => writeFile(join(root, CLIENT), 'nonsense'), /has no certificate/],
  [
    'that is damaged',
    () => writeFile(join(root, CLIENT), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'),
    /has no certificate/,
  ],
])('a client certificate %s fails', async (_what, spoil, found) => {
  await spoil();
  expect((await verdicts())['TLS client certificate']).toEqual(['fail', expect.stringMatching(found)]);
});

test.each<[string, string, string, RegExp]>([
  ['long expired', '2127-01-01T00:00:00Z', 'fail', /expired on 2126-11-03/],
  ['about to expire', '2126-10-20T00:00:00Z', 'warn', /expires on 2126-11-03, in 14 days/],
  ['a month before', '2126-10-01T00:00:00Z', 'ok', /valid until 2126-11-03/],
  ['not valid yet', '2020-01-01T00:00:00Z', 'fail', /is not valid before 2026-/],
])('%s', async (_what, now, verdict, found) => {
  const all = await verdicts({ now: new Date(now) });
  for (const subject of ['TLS authority', 'TLS client certificate'])
    expect(all[subject]).toEqual([verdict, expect.stringMatching(found)]);
});

test('an authority that is missing is said, and that nothing is of it', async () => {
  await rm(join(root, AUTHORITY));
  expect(await verdicts()).toMatchObject({
    'TLS authority': ['fail', `/${AUTHORITY} is missing`],
    'TLS client certificate': ['fail', expect.stringContaining('which is not the authority')],
  });
});

describe("the agent's own, in its user's home", () => {
  const OWN = 'var/lib/vgpu-ferry/.pki/libvirt';
  const home = '/var/lib/vgpu-ferry';

  test('is the one that counts, once its key is there too', async () => {
    await put('host-a.pem', `${OWN}/clientcert.pem`);
    expect((await verdicts({ home }))['TLS client certificate']).toEqual([
      'ok',
      `/${CLIENT}, valid until 2126-11-03`,
    ]);
    await put('host-a.key', `${OWN}/clientkey.pem`);
    await rm(join(root, CLIENT_KEY));
    expect((await verdicts({ home }))['TLS client certificate']).toEqual([
      'ok',
      `/${OWN}/clientcert.pem, valid until 2126-11-03`,
    ]);
  });

  test('counts not for root', async () => {
    await put('foreign.pem', `${OWN}/clientcert.pem`);
    await put('host-a.key', `${OWN}/clientkey.pem`);
    expect((await verdicts({ home: null }))['TLS client certificate']![0]).toBe('ok');
    expect((await verdicts({ home }))['TLS client certificate']![0]).toBe('fail');
  });
});

describe("QEMU's", () => {
  const FOLDER = 'etc/pki/qemu';
  const qemus = async (settings = '', change: Partial<Machine> = {}) =>
    told(await lookAtQemuCertificates(machine(change), settings));

  beforeEach(async () => {
    await put('authority.pem', `${FOLDER}/ca-cert.pem`);
    for (const end of ['client', 'server']) {
      await put('host-a.pem', `${FOLDER}/${end}-cert.pem`);
      await put('host-a.key', `${FOLDER}/${end}-key.pem`);
    }
  });

  test('good ones', async () => {
    expect(await qemus()).toEqual({
      'QEMU authority': ['ok', `/${FOLDER}/ca-cert.pem, valid until 2126-11-03`],
      'QEMU client certificate': ['ok', `/${FOLDER}/client-cert.pem, valid until 2126-11-03`],
      'QEMU server certificate': ['ok', `/${FOLDER}/server-cert.pem, valid until 2126-11-03`],
    });
  });

  test('a key that only QEMU may read is as it should be', async () => {
    await rm(join(root, FOLDER, 'server-key.pem'));
    await mkdir(join(root, FOLDER, 'server-key.pem')); // root can read any file, and no folder
    expect((await qemus())['QEMU server certificate']![0]).toBe('ok');
  });

  test('a key that is not there fails', async () => {
    await rm(join(root, FOLDER, 'server-key.pem'));
    expect((await qemus())['QEMU server certificate']).toEqual([
      'fail',
      `/${FOLDER}/server-cert.pem is there, its private key is not (/${FOLDER}/server-key.pem)`,
    ]);
  });

  test('has to name the address that migrations are sent to', async () => {
    expect((await qemus('migration_host = "192.0.2.1"\n'))['QEMU server certificate']).toEqual([
      'warn',
      `/${FOLDER}/server-cert.pem is valid for DNS:host-a.example, not for 192.0.2.1`,
    ]);
  });

  test.each<[string, string, string, string]>([
    ['nothing said', '', 'nothing', '/etc/pki/qemu'],
    ['a default', 'default_tls_x509_cert_dir = "/etc/x"', 'nothing', '/etc/x'],
    [
      'a folder of that name',
      'default_tls_x509_cert_dir = "/etc/x"',
      'etc/pki/libvirt-migrate',
      '/etc/pki/libvirt-migrate',
    ],
    ['its own', 'migrate_tls_x509_cert_dir = "/etc/y"', 'etc/pki/libvirt-migrate', '/etc/y'],
    ['commented out', '#migrate_tls_x509_cert_dir = "/etc/y"', 'nothing', '/etc/pki/qemu'],
  ])('their folder, %s', async (_what, settings, there, folder) => {
    await mkdir(join(root, there), { recursive: true });
    expect(migrationFolder(root, settings)).toBe(folder);
  });
});

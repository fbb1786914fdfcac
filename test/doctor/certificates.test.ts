/** Certificates of test/fixtures/tls, laid out as libvirt wants them, and spoilt in each way that happens. */
import { generateKeyPairSync } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { lookAtCertificates } from '../../src/doctor/certificates';

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

const verdicts = async (now = NOW): Promise<Record<string, [string, string]>> =>
  Object.fromEntries(
    (await lookAtCertificates(root, now)).map(({ subject, verdict, found }) => [subject, [verdict, found]]),
  );

test('good ones: with their last day; a server name that is not in it is a warning', async () => {
  expect(await verdicts()).toEqual({
    'TLS authority': ['ok', `/${AUTHORITY}, valid until 2126-11-03`],
    'TLS client certificate': ['ok', `/${CLIENT}, valid until 2126-11-03`],
    'TLS server certificate': ['warn', `/${SERVER} is valid for DNS:host-a.example, not for ${hostname()}`],
  });
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
  const all = await verdicts(new Date(now));
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

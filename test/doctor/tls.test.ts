/** What the doctor says of a host's TLS as a whole: which certificates it asks for, and whether plain ones are kept out. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concernsTls, judgeForce, judgePlainPort, judgeVerification, lookAtTls } from '../../src/doctor/tls';

type Config = Parameters<typeof lookAtTls>[0];

const PLAIN = { libvirtUri: 'qemu+tcp://host-b/system' };
const SSH = { libvirtUri: 'qemu+ssh://host-b/system' };
const TLS = { libvirtUri: 'qemu+tls://host-b/system' };

const config = (peer: Config['peers'][string], requireTls = false): Config => ({
  ...{ host: 'host-a', peers: { 'host-b': peer }, requireTls },
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'vgpu-ferry-doctor-'));
});
afterEach(() => rm(root, { recursive: true }));

const look = async (of: Config): Promise<Record<string, string>> => {
  const machine = { root, home: null, hostname: 'host-a', now: new Date() };
  return Object.fromEntries((await lookAtTls(of, machine)).map(({ subject, verdict }) => [subject, verdict]));
};

const LIBVIRTS = ['TLS authority', 'TLS client certificate', 'TLS server certificate'];
const QEMUS = ['QEMU authority', 'QEMU client certificate', 'QEMU server certificate', 'who may send guests'];

test.each<[string, Config, boolean, string[]]>([
  ['nothing of it', config(PLAIN), false, []],
  ['libvirt by SSH', config(SSH), false, []],
  ['libvirt by TLS', config(TLS), true, LIBVIRTS],
  ['memory over TLS', config({ ...SSH, migrationTls: 'required' }), true, QEMUS],
  ['both', config({ ...TLS, migrationTls: 'required' }), true, [...LIBVIRTS, ...QEMUS]],
  [
    'TLS for all',
    config(TLS, true),
    true,
    [...LIBVIRTS, ...QEMUS, 'requireTls', 'guests that arrive', "libvirt's plain port"],
  ],
])('looks at what the configuration asks for: %s', async (_what, of, concerns, subjects) => {
  expect(concernsTls(of)).toBe(concerns);
  expect(Object.keys(await look(of))).toEqual(subjects);
});

test('a peer to which no guest would be let go fails', async () => {
  expect(await look(config({ ...PLAIN, migrationTls: 'off' }, true))).toMatchObject({
    'peer-encrypted': 'fail',
    'migration-encrypted': 'fail',
  });
});

test('what qemu.conf and the ports say', async () => {
  await mkdir(join(root, 'etc/libvirt'), { recursive: true });
  await writeFile(join(root, 'etc/libvirt/qemu.conf'), 'migrate_tls_force = 1\n');
  await mkdir(join(root, 'proc/net'), { recursive: true });
  await writeFile(
    join(root, 'proc/net/tcp'),
    '  sl  local_address rem_address   st\n   0: 00000000:407D 00000000:0000 0A 00000000\n',
  );
  expect(await look(config(TLS, true))).toMatchObject({
    requireTls: 'ok',
    'guests that arrive': 'ok',
    "libvirt's plain port": 'warn',
  });
});

test.each<[string, string | null, string]>([
  ['not said', '', 'warn'],
  ['off', 'migrate_tls_force = 0', 'warn'],
  ['on', 'migrate_tls_force=1', 'ok'],
  ['commented out', '# migrate_tls_force = 1', 'warn'],
  ['not readable', null, 'warn'],
])('migrate_tls_force %s', (_what, settings, verdict) => {
  expect(judgeForce(settings).verdict).toBe(verdict);
});

test.each<[string, string | null, string]>([
  ['not said', '', 'ok'],
  ['not readable', null, 'ok'],
  ['off by default', 'default_tls_x509_verify = 0', 'warn'],
  ['on here, off by default', 'default_tls_x509_verify = 0\nmigrate_tls_x509_verify = 1', 'ok'],
  ['off here', 'migrate_tls_x509_verify = 0', 'warn'],
])('who may send guests: verification %s', (_what, settings, verdict) => {
  expect(judgeVerification(settings).verdict).toBe(verdict);
});

test('the plain port', () => {
  expect(judgePlainPort(new Set([22, 16_514])).verdict).toBe('ok');
  expect(judgePlainPort(new Set([22, 16_509])).verdict).toBe('warn');
});

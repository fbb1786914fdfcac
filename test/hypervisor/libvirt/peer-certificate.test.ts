/** Why a peer's certificate was not accepted: what each fault of it reads like, over a real TLS connection. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { judge, withReason } from '../../../src/hypervisor/libvirt/peer-certificate';
import { HypervisorError } from '../../../src/hypervisor/port';

const FIXTURES = join(__dirname, '..', '..', 'fixtures', 'tls');
const read = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');
const certificate = new X509Certificate(read('host-a.pem'));
const authority = { file: '/ca.pem', pem: read('authority.pem') };
const other = { file: '/ca.pem', pem: read('other-authority.pem') };
const NOW = new Date('2030-01-01T00:00:00Z');

test.each<[string, string, typeof authority | undefined, Date, string[]]>([
  ['nothing', 'host-a.example', authority, NOW, []],
  ['nothing that is known without the authority', 'host-a.example', undefined, NOW, []],
  [
    'another host',
    'host-b.example',
    authority,
    NOW,
    ['it is for DNS:host-a.example, not for host-b.example'],
  ],
  ['an address', '10.0.0.2', authority, NOW, ['it is for DNS:host-a.example, not for 10.0.0.2']],
  ['expired', 'host-a.example', authority, new Date('2130-01-01'), ['it expired on 2126-11-03']],
  ['early', 'host-a.example', authority, new Date('2020-01-01'), ['it is not valid before 2026-11-27']],
  [
    'another authority',
    'host-a.example',
    other,
    NOW,
    [expect.stringMatching(/^it was issued by CN=.*, which is not the authority in \/ca\.pem$/)],
  ],
])('what is wrong: %s', (_what, name, by, now, reasons) => {
  expect(judge(certificate, name, by, now)).toEqual(reasons);
});

const refused = new HypervisorError(
  "authentication failed: Failed to verify peer's certificate",
  45,
  7,
  true,
);

describe('a daemon that shows one', () => {
  let pki: string;
  let end: () => Promise<unknown>;
  let uri: string;
  beforeAll(async () => {
    pki = await mkdtemp(join(tmpdir(), 'vgpu-ferry-pki-'));
    await cp(join(FIXTURES, 'authority.pem'), join(pki, 'cacert.pem'));
    const server = createServer({ cert: read('host-a.pem'), key: read('host-a.key'), requestCert: true });
    server.on('secureConnection', (socket) => socket.on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    uri = `qemu+tls://127.0.0.1:${(server.address() as AddressInfo).port}/system?pkipath=${pki}`;
    end = () => once(server.close(), 'close');
  });
  afterAll(async () => {
    await end();
    await rm(pki, { recursive: true });
  });

  test('the reason is added to the words, and nothing else changes', async () => {
    const told = (await withReason(refused, uri)) as HypervisorError;
    expect(told).toMatchObject({ code: 45, domain: 7, connectionLost: true });
    expect(told.message).toBe(
      "authentication failed: Failed to verify peer's certificate (it is for DNS:host-a.example, not for 127.0.0.1)",
    );
  });

  test('other errors are none of it', async () => {
    const lost = new HypervisorError('client socket is closed', 1, 7, true);
    expect(await withReason(lost, uri)).toBe(lost);
  });
});

test('one that is gone meanwhile leaves the error as it is', async () => {
  expect(await withReason(refused, 'qemu+tls://127.0.0.1:1/system')).toBe(refused);
});

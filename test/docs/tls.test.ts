/** The steps of docs/tls.md, done in a folder that stands for a host's /: the doctor, which looks there, finds nothing wrong. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAgentConfig } from '../../src/agent/config';
import type { Finding } from '../../src/doctor';
import { lookAtTls } from '../../src/doctor/tls';
import { blockOf, blocks } from './markdown';
import { INSTALL_TO_SELF, below } from './sandbox';

const STEPS = [
  blockOf('docs/tls.md', 'authority() {'),
  blockOf('docs/tls.md', 'certificate qemu host-a'),
  blockOf('docs/tls.md', 'place() {'),
  blockOf('docs/tls.md', 'place host-a'),
  blockOf('docs/tls.md', 'own=/var/lib'),
];
/** The rest of it is systemd's and a group's of a host. */
const [FORCE = ''] = blockOf('docs/tls.md', 'migrate_tls_force = 1').text.split('\n');
const CONFIG = blocks('docs/tls.md').find(({ language }) => language === 'json')!;

const root = mkdtempSync(join(tmpdir(), 'vgpu-ferry-tls-'));
afterAll(() => rmSync(root, { recursive: true }));

beforeAll(() => {
  const certificates = join(root, 'empty');
  mkdirSync(certificates);
  mkdirSync(join(root, 'etc/libvirt'), { recursive: true });
  const script = [
    INSTALL_TO_SELF,
    ...[...STEPS.map(({ text }) => text), FORCE].map((text) => below(root, text)),
  ].join('\n');
  execFileSync('bash', ['--norc', '-euo', 'pipefail', '-c', script], { cwd: certificates, stdio: 'pipe' });
}, 120_000);

function look(hostname: string): Promise<Finding[]> {
  const config = parseAgentConfig('docs/tls.md', CONFIG.text);
  return lookAtTls(config, { root, home: '/var/lib/vgpu-ferry', hostname, now: new Date() });
}

test('the doctor is content with all of it', async () => {
  const findings = await look('host-a.example');
  expect(findings.map(({ subject }) => subject)).toEqual(
    expect.arrayContaining(['TLS client certificate', 'QEMU server certificate', 'guests that arrive']),
  );
  expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
});

test('it would see certificates of another host', async () => {
  const bad = (await look('host-b.example')).filter(({ verdict }) => verdict !== 'ok');
  expect(bad.map(({ subject }) => subject)).toEqual(['TLS server certificate', 'QEMU server certificate']);
});

test('the agent’s certificate is its own, and each key is its owner’s or its group’s', async () => {
  const client = (await look('host-a.example')).find(({ subject }) => subject === 'TLS client certificate')!;
  expect(client.found).toContain('/var/lib/vgpu-ferry/');
  const modes = [
    ['/etc/pki/libvirt/private/serverkey.pem', 0o600],
    ['/etc/pki/qemu/server-key.pem', 0o640],
    ['/var/lib/vgpu-ferry/.pki/libvirt/clientkey.pem', 0o600],
  ] as const;
  for (const [file, mode] of modes)
    expect([file, statSync(join(root, file)).mode & 0o777]).toEqual([file, mode]);
});

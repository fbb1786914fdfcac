/** What a dry run says to a person. */
import { stripVTControlCharacters } from 'node:util';
import { dryRunReport } from '../../src/cli/render-dry-run';
import type { DryRun } from '../../src/contract';

const side = { protocol: 3, versions: { libvirt: 11_003_000, qemu: 10_000_013, kernel: '6.12.117' } };
const READY: DryRun = {
  ...{ guest: '6a1b2c3d-0000-4000-8000-000000000001', guestName: 'workstation-7' },
  ...{ source: 'host-a', destination: 'host-b', ready: true, hosts: { source: side, destination: side } },
  devices: [
    { uuid: 'dev-1', type: 'nvidia-471' },
    { uuid: 'dev-2', type: 'nvidia-471' },
  ],
  planned: [
    { type: 'nvidia-471', source: 'dev-1', target: 'free-1', parent: 'pci_0000_3b_00_4' },
    { type: 'nvidia-471', source: 'dev-2', target: null, parent: 'pci_0000_3b_00_5' },
  ],
  way: { libvirt: 'tls', memory: 'tls' },
  qemuAsked: true,
  failed: [],
};
const shown = (report: DryRun): string => stripVTControlCharacters(dryRunReport(report));

test('ready: both hosts side by side, and which device would serve which', () => {
  expect(shown(READY)).toMatch(/host-a +source +protocol 3 +11\.3\.0 +10\.0\.13 +6\.12\.117 +ok/);
  expect(shown(READY)).toMatch(/nvidia-471 +dev-1 +free-1 +pci_0000_3b_00_4/);
  expect(shown(READY)).toMatch(/nvidia-471 +dev-2 +one would be made +pci_0000_3b_00_5/);
  expect(shown(READY)).toContain('Ready.');
});

test('not ready: each failed check with its host, what was found, what is required and the fix', () => {
  const failed = {
    check: 'mdev-capacity',
    host: 'host-b',
    found: '0 free',
    required: '2',
    fix: 'Free some.',
  };
  const away = { ...failed, check: 'agent-answers', host: 'host-a' };
  const text = shown({
    ...{ ...READY, ready: false, planned: [], failed: [away, failed] },
    hosts: { source: null, destination: side },
  });
  expect(text).toMatch(/host-a +source +no answer/);
  expect(text).toMatch(/host-b +destination .* 1 failed/);
  expect(text).toMatch(/host-b mdev-capacity\n +found: +0 free\n +required: 2\n +fix: +Free some\./);
  expect(text).toContain('Not ready. 2 check(s) failed');
});

test('a guest without devices, and one that nobody has told of', () => {
  expect(shown({ ...READY, devices: [], planned: [] })).toContain('no mediated device');
  expect(shown({ ...READY, guestName: null, devices: null })).toMatch(/^Guest 6a1b2c3d/);
});

test('whether it would be encrypted', () => {
  expect(shown(READY)).toContain('To host-b: libvirt by tls; memory and vGPU state over TLS');
  expect(shown({ ...READY, way: { libvirt: 'ssh', memory: 'plain' } })).toContain(
    'libvirt by ssh; memory and vGPU state unencrypted',
  );
  expect(shown({ ...READY, way: null })).not.toContain('memory');
});

test.each([
  [false, true],
  [true, false],
  [null, false],
])('QEMU asked: %s, so that it was not is told: %s', (qemuAsked, told) => {
  expect(shown({ ...READY, qemuAsked }).includes('QEMU was not asked')).toBe(told);
});

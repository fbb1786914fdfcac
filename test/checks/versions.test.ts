import { formatVersion } from '../../src/checks';
import { versionChecks } from '../../src/checks/versions';

const good = { libvirt: 11_003_000, qemu: 10_000_002, kernel: '6.12.117+deb13-amd64' };
const failedOf = (change: Partial<typeof good>): string[] =>
  versionChecks('host-a', { ...good, ...change }).map(({ check, found }) => `${check}: ${found}`);

test('a current host passes', () => expect(failedOf({})).toEqual([]));

test.each<[string, Partial<typeof good>, string[]]>([
  ['libvirt before', { libvirt: 8_005_000 }, ['libvirt-version: libvirt 8.5.0']],
  ['libvirt just before', { libvirt: 8_005_999 }, ['libvirt-version: libvirt 8.5.999']],
  ['libvirt at the limit', { libvirt: 8_006_000 }, []],
  ['libvirt before the faulty one', { libvirt: 8_007_000 }, []],
  ['libvirt just before the faulty one', { libvirt: 8_007_999 }, []],
  [
    'the faulty libvirt',
    { libvirt: 8_008_000 },
    ['libvirt-8.8: libvirt 8.8.0, whose daemon crashes if it is restarted during an outgoing migration'],
  ],
  [
    'a later release of it',
    { libvirt: 8_008_999 },
    ['libvirt-8.8: libvirt 8.8.999, whose daemon crashes if it is restarted during an outgoing migration'],
  ],
  ['libvirt after the faulty one', { libvirt: 8_009_000 }, []],
  ['an old libvirt of a higher minor', { libvirt: 7_010_000 }, ['libvirt-version: libvirt 7.10.0']],
  ['QEMU before', { qemu: 8_000_005 }, ['qemu-version: QEMU 8.0.5']],
  ['QEMU at the limit', { qemu: 8_001_000 }, []],
  ['an old QEMU of a higher minor', { qemu: 7_002_000 }, ['qemu-version: QEMU 7.2.0']],
  [
    'several at once',
    { libvirt: 8_000_000, qemu: 6_002_000, kernel: '5.15.0' },
    ['libvirt-version: libvirt 8.0.0', 'qemu-version: QEMU 6.2.0', 'linux-version: Linux 5.15.0'],
  ],
])('%s', (_name, change, failed) => expect(failedOf(change)).toEqual(failed));

test.each<[string, boolean]>([
  ['5.18.0', true],
  ['5.18', true],
  ['5.18.0-rc1', true],
  ['5.17.99', false],
  ['5.2.0', false],
  ['4.18.0-553.el8_10.x86_64', false],
  ['5.14.0-503.el9.x86_64', false],
  ['5.15.0-131-generic', false],
  ['6.0.0', true],
  ['6.4.0-150600.23.38-default', true],
  ['6.8.0-51-generic', true],
  ['6.12.0-55.9.1.el10_0.x86_64', true],
  ['6.12.117+deb13-amd64', true],
  ['6.14.4-arch1-1', true],
  ['6.13.5-200.fc41.x86_64', true],
  ['10.1.0', true],
  ['unknown', false],
  ['', false],
  ['v6.1', false],
])('Linux %s', (kernel, ok) =>
  expect(failedOf({ kernel })).toEqual(ok ? [] : [`linux-version: Linux ${kernel}`]),
);

test('a failure says all that is needed', () => {
  expect(versionChecks('host-a', { ...good, qemu: 7_000_000 })).toEqual([
    {
      check: 'qemu-version',
      host: 'host-a',
      found: 'QEMU 7.0.0',
      required: 'QEMU 8.1.0 or later',
      fix: 'Upgrade QEMU on this host; a guest that runs keeps its QEMU until it is started anew.',
    },
  ]);
});

test.each([
  [8_006_000, '8.6.0'],
  [11_003_000, '11.3.0'],
  [10_000_002, '10.0.2'],
  [12_345_678, '12.345.678'],
])('%d is %s', (number, text) => expect(formatVersion(number)).toBe(text));

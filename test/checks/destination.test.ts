import { destinationChecks, type DestinationCheckFacts } from '../../src/checks';

const facts: DestinationCheckFacts = {
  host: 'host-b',
  protocol: 2,
  requiredProtocol: 2,
  versions: { libvirt: 11_003_000, qemu: 10_000_000, kernel: '6.12.0' },
  guest: { state: 'absent' },
  types: ['mtty-2', 'mtty-1', 'mtty-2'],
  knownTypes: new Set(['mtty-2', 'mtty-1']),
  shortages: [],
};
const old = { libvirt: 8_008_000, qemu: 6_002_000, kernel: '5.10.0' };
const failedOf = (change: Partial<DestinationCheckFacts>): string[] => {
  const failed = destinationChecks({ ...facts, ...change });
  expect(failed.every(({ host, required, fix }) => host === 'host-b' && required !== '' && fix !== '')).toBe(
    true,
  );
  return failed.map(({ check, found }) => `${check}: ${found}`);
};

test.each<[string, Partial<DestinationCheckFacts>, string[]]>([
  ['all is well', {}, []],
  ['an older agent', { protocol: 1 }, ['agent-protocol: agent on host-b speaks protocol 1']],
  [
    'the guest runs there',
    { guest: { state: 'running', reason: 'booted', job: 'none', persistent: true } },
    ['guest-absent: the guest is running (booted)'],
  ],
  [
    'the guest arrives there already',
    { guest: { state: 'paused', reason: 'migration', job: 'incoming', persistent: false } },
    ['guest-absent: the guest is paused (migration), with an incoming migration'],
  ],
  [
    'the guest is defined there',
    { guest: { state: 'shut-off', reason: 'migrated', persistent: true } },
    ['guest-absent: the guest is defined, shut off (migrated)'],
  ],
  [
    'a type that is not offered, told once',
    {
      knownTypes: new Set(['mtty-1', 'a']),
      shortages: [{ type: 'mtty-2', requested: 2, free: 0, creatable: 0 }],
    },
    ['mdev-type-offered: mdev type mtty-2 is not offered here; offered: a, mtty-1'],
  ],
  [
    'no type at all',
    { types: ['x'], knownTypes: new Set() },
    ['mdev-type-offered: mdev type x is not offered here; offered: none'],
  ],
  [
    'too few devices',
    { shortages: [{ type: 'mtty-2', requested: 2, free: 1, creatable: 0 }] },
    ['mdev-capacity: for mdev type mtty-2: 1 free, 0 more can be created'],
  ],
  [
    'old versions',
    { versions: old },
    [
      'libvirt-8.8: libvirt 8.8.0, whose daemon crashes if it is restarted during an outgoing migration',
      'qemu-version: QEMU 6.2.0',
      'linux-version: Linux 5.10.0',
    ],
  ],
  ['old versions, but no mediated device', { versions: old, types: [] }, []],
])('%s', (_name, change, failed) => expect(failedOf(change)).toEqual(failed));

test('the number that is required is told', () => {
  expect(
    destinationChecks({ ...facts, shortages: [{ type: 'mtty-1', requested: 3, free: 1, creatable: 1 }] }),
  ).toMatchObject([{ required: '3 of mtty-1, together with all other devices of the guest' }]);
});

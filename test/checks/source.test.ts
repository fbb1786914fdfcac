import { sourceChecks, type SourceCheckFacts } from '../../src/checks';

const mdev = { uuid: '11111111-0000-4000-8000-000000000001', type: 'mtty-2' };
const facts: SourceCheckFacts = {
  host: 'host-a',
  destination: 'host-b',
  protocol: 2,
  requiredProtocol: 2,
  versions: { libvirt: 11_003_000, qemu: 10_000_000, kernel: '6.12.0' },
  guest: { state: 'running', reason: 'booted', job: 'none', persistent: true },
  mdevs: [mdev],
  mdevDifference: null,
  blockers: [],
};
const old = { libvirt: 8_000_000, qemu: 6_002_000, kernel: '5.10.0' };
const failedOf = (change: Partial<SourceCheckFacts>): string[] => {
  const failed = sourceChecks({ ...facts, ...change });
  expect(failed.every(({ host, required, fix }) => host === 'host-a' && required !== '' && fix !== '')).toBe(
    true,
  );
  return failed.map(({ check, found }) => `${check}: ${found}`);
};
const live = (
  state: 'running' | 'paused',
  reason: 'booted' | 'user' | 'migration' | 'other',
  job: 'none' | 'outgoing' | 'incoming' | 'other' = 'none',
) => ({ guest: { state, reason, job, persistent: true } }) as const;

test.each<[string, Partial<SourceCheckFacts>, string[]]>([
  ['all is well', {}, []],
  ['a newer agent', { protocol: 3 }, []],
  ['an older agent', { protocol: 1 }, ['agent-protocol: agent on host-a speaks protocol 1']],
  ['the same host', { destination: 'host-a' }, ['other-host: source and destination are both host-a']],
  ['paused by its user', live('paused', 'user'), []],
  ['paused otherwise', live('paused', 'migration'), ['guest-state: the guest is paused (migration)']],
  ['paused by an error', live('paused', 'other'), ['guest-state: the guest is paused (other)']],
  [
    'shut off',
    { guest: { state: 'shut-off', reason: 'shutdown', persistent: true } },
    ['guest-state: the guest is defined, shut off (shutdown)'],
  ],
  [
    'shut off and transient',
    { guest: { state: 'shut-off', reason: 'crashed', persistent: false } },
    ['guest-state: the guest is shut off (crashed)'],
  ],
  ['not here', { guest: { state: 'absent' } }, ['guest-state: the guest is not on this host']],
  [
    'migrating already',
    live('running', 'booted', 'outgoing'),
    ['guest-job: the guest is running (booted), with an outgoing migration'],
  ],
  [
    'arriving',
    live('paused', 'migration', 'incoming'),
    [
      'guest-state: the guest is paused (migration), with an incoming migration',
      'guest-job: the guest is paused (migration), with an incoming migration',
    ],
  ],
  [
    'in another job',
    live('running', 'booted', 'other'),
    ['guest-job: the guest is running (booted), with another job'],
  ],
  [
    'what its QEMU refuses',
    { blockers: ['VFIO device has no migration support', 'the vdi format does not support it'] },
    ['qemu-blockers: QEMU refuses: VFIO device has no migration support; the vdi format does not support it'],
  ],
  [
    'a device of unknown type',
    { mdevs: [mdev, { uuid: 'u2', type: null }, { uuid: 'u3', type: null }] },
    ["mdev-type: the guest's XML names u2, u3, which this host does not know"],
  ],
  [
    'devices that differ',
    { mdevDifference: { liveOnly: ['u1', 'u2'], inactiveOnly: [] } },
    ['mdev-definition: in the running guest only: u1, u2; in its definition only: none'],
  ],
  [
    'old versions',
    { versions: old },
    ['libvirt-version: libvirt 8.0.0', 'qemu-version: QEMU 6.2.0', 'linux-version: Linux 5.10.0'],
  ],
  ['old versions, but no mediated device', { versions: old, mdevs: [] }, []],
  [
    'several at once',
    { destination: 'host-a', protocol: 1, guest: { state: 'absent' } },
    [
      'agent-protocol: agent on host-a speaks protocol 1',
      'other-host: source and destination are both host-a',
      'guest-state: the guest is not on this host',
    ],
  ],
])('%s', (_name, change, failed) => expect(failedOf(change)).toEqual(failed));

test('the protocol that is required is told', () => {
  expect(sourceChecks({ ...facts, protocol: 1 })).toMatchObject([
    { required: 'protocol 2 or later', fix: 'Upgrade the agent on host-a.' },
  ]);
});

/** From what a host shows to one decision a device. */
import type { ClaimRecord } from '../../src/claims';
import type { GuestOnHost, MigrationState } from '../../src/contract';
import type { MdevDevice } from '../../src/hypervisor/port';
import {
  type DomainFacts,
  type SweepFacts,
  decideSweep,
  guestCase,
  hostAttention,
} from '../../src/reconcile';

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

const RUNNING: GuestOnHost = { state: 'running', reason: 'booted', job: 'none', persistent: true };

function recordOf(n: number, change: Partial<ClaimRecord> = {}): ClaimRecord {
  return {
    version: 1,
    claimId: 'claim-1',
    migration: { workflow: 'live-migrate:g', run: 'run-1' },
    guest: uuid(100),
    type: 't',
    parent: 'pci_0',
    source: uuid(900 + n),
    target: uuid(n),
    created: true,
    claimedAt: '2026-01-02T03:04:05.678Z',
    ...change,
  };
}

function deviceOf(n: number): MdevDevice {
  const active = { active: true, persistent: false, autostart: false };
  return { uuid: uuid(n).toUpperCase(), type: 't', parent: 'pci_0', ...active };
}

function domain(guest: number, mdevs: number[] | null, seen: GuestOnHost = RUNNING): DomainFacts {
  return { uuid: uuid(guest), name: `d${guest}`, seen, mdevs: mdevs && new Set(mdevs.map(uuid)) };
}

interface Given {
  claims?: ClaimRecord[];
  created?: ClaimRecord[];
  domains?: DomainFacts[];
  devices?: number[];
  migration?: MigrationState;
  guestMigration?: MigrationState;
  quarantined?: SweepFacts['ledger']['quarantined'];
}

function factsOf(given: Given): SweepFacts {
  const { claims = [], created = [], domains = [], devices = [1, 2], quarantined = [] } = given;
  const { migration = 'closed', guestMigration = 'closed' } = given;
  return {
    domains,
    devices: devices.map(deviceOf),
    ledger: { claims, created, quarantined, damaged: quarantined.filter(({ record }) => record === null) },
    migrationOf: () => migration,
    guestMigrationOf: () => guestMigration,
  };
}

const decided = (given: Given): [string, string][] =>
  decideSweep(factsOf(given)).map(({ record, action }) => [record.target, action]);

test('a claim whose guest is not here is released, whatever else runs', () => {
  expect(decided({ claims: [recordOf(1)], domains: [domain(200, [5])] })).toEqual([[uuid(1), 'release']]);
});

test('a claim is consumed whole when its guest uses one of its devices: the other was taken off it since', () => {
  const claims = [recordOf(1), recordOf(2)];
  expect(decided({ claims, domains: [domain(100, [1])] })).toEqual([
    [uuid(1), 'consume'],
    [uuid(2), 'consume'],
  ]);
});

test('the guest on the devices of another claim does not hold this one', () => {
  const claims = [recordOf(1), recordOf(2, { claimId: 'claim-2' })];
  expect(decided({ claims, domains: [domain(100, [2])] })).toEqual([
    [uuid(1), 'release'],
    [uuid(2), 'consume'],
  ]);
});

test('a domain that uses the device beside its guest keeps it, whichever is listed first', () => {
  const domains = [domain(100, [1]), domain(200, [1])];
  for (const listed of [domains, [...domains].reverse()]) {
    const [decision] = decideSweep(factsOf({ claims: [recordOf(1)], domains: listed }));
    expect(decision).toMatchObject({ action: 'keep', why: expect.stringContaining('domain d200 uses it') });
    expect(decision!.attention).toEqual([expect.stringContaining(uuid(1))]);
  }
});

test('a domain that is shut off uses its devices as one that runs', () => {
  const off: GuestOnHost = { state: 'shut-off', reason: 'shutdown', persistent: true };
  const record = recordOf(1, { whenUnused: 'remove' });
  expect(decided({ created: [record], domains: [domain(100, [1], off)] })).toEqual([[uuid(1), 'keep']]);
  expect(decided({ claims: [record], domains: [domain(100, [1], off)] })).toEqual([[uuid(1), 'consume']]);
});

test('a note is judged by any migration of its guest, a claim by its own', () => {
  const record = recordOf(1, { whenUnused: 'remove' });
  expect(decided({ created: [record], guestMigration: 'running' })).toEqual([[uuid(1), 'keep']]);
  expect(decided({ claims: [record], guestMigration: 'running' })).toEqual([[uuid(1), 'release']]);
  expect(decided({ created: [record], migration: 'running' })).toEqual([[uuid(1), 'remove']]);
});

test('a device that is noted and claimed is judged once, as a claim', () => {
  const record = recordOf(1, { whenUnused: 'remove' });
  const other = recordOf(1, { claimId: 'claim-9', created: false });
  expect(decided({ created: [record], claims: [other], migration: 'running' })).toEqual([[uuid(1), 'keep']]);
});

test('a device that the host lists in upper case has not vanished', () => {
  const [decision] = decideSweep(factsOf({ created: [recordOf(1, { whenUnused: 'keep' })] }));
  expect(decision!.action).toBe('keep');
});

test('one in quarantine with its claim still there has that ended', () => {
  const record = recordOf(1);
  const quarantined = [{ uuid: uuid(1), file: 'f', reason: 'stuck', record }];
  expect(decided({ claims: [record], quarantined })).toEqual([[uuid(1), 'quarantine']]);
});

test('damaged records and domains that cannot be read are told to a person, with what to do', () => {
  const quarantined = [
    { uuid: uuid(7), file: '/state/quarantine/seven.damaged', reason: 'it is torn', record: null },
    { uuid: null, file: '/state/quarantine/x.damaged', reason: 'it is torn', record: null },
  ];
  expect(hostAttention(factsOf({ quarantined, domains: [domain(200, null), domain(100, [1])] }))).toEqual([
    expect.stringMatching(`mdev ${uuid(7)} .*it is torn.*remove /state/quarantine/seven.damaged`),
    expect.stringMatching(/^a device .*x\.damaged/),
    expect.stringMatching(`domain d200 .*virsh dumpxml ${uuid(200)}`),
  ]);
});

test.each<[string, GuestOnHost | undefined, string]>([
  ['no such domain', undefined, 'absent'],
  ['absent', { state: 'absent' }, 'absent'],
  ['shut off', { state: 'shut-off', reason: 'migrated', persistent: true }, 'settled'],
  ['running', RUNNING, 'settled'],
  ['running in a backup', { ...RUNNING, job: 'other' }, 'settled'],
  ['coming', { state: 'paused', reason: 'migration', job: 'incoming', persistent: false }, 'moving'],
  ['going', { ...RUNNING, job: 'outgoing' }, 'moving'],
  ['paused by the fence', { state: 'paused', reason: 'user', job: 'none', persistent: true }, 'held'],
  ['stopped by a migration', { state: 'paused', reason: 'migration', job: 'none', persistent: true }, 'held'],
  ['never started', { state: 'paused', reason: 'starting', job: 'none', persistent: true }, 'held'],
  ['stopped by an I/O error', { state: 'paused', reason: 'other', job: 'none', persistent: true }, 'settled'],
])('a guest that is %s', (_what, seen, expected) => {
  expect(guestCase(seen)).toBe(expected);
});

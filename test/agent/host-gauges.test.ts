import { hostGauges } from '../../src/agent/host-gauges';
import type { HostInventory, LedgerRecord } from '../../src/contract';

const AT = '2026-11-27T12:00:00.000Z';

function record(kind: LedgerRecord['kind'], since: string | null): LedgerRecord {
  return {
    ...{ kind, since, uuid: null, type: null, parent: null },
    ...{ guest: null, migration: null, reason: null },
  };
}

const INVENTORY: HostInventory = {
  host: 'host-a',
  protocol: 3,
  at: AT,
  versions: { libvirt: 11_003_000, qemu: 10_000_002, kernel: '6.12.0' },
  migrating: 1,
  types: [
    {
      ...{ type: 'nvidia-471', name: null, parents: ['pci_0000_41_00_0'] },
      ...{ used: 1, claimed: 2, quarantined: 3, free: 4, inactive: 5, creatable: 6 },
    },
  ],
  guests: [],
  records: [
    record('claimed', '2026-11-27T11:59:00.000Z'),
    record('claimed', '2026-11-27T11:00:00.000Z'),
    record('created', '2026-11-01T11:00:00.000Z'),
    record('quarantined', null),
  ],
};

function values(inventory: HostInventory): Record<string, number> {
  return Object.fromEntries(
    hostGauges(inventory, '0.1.0').map(({ series, labels: { host, ...labels }, value }) => {
      expect(host).toBe('host-a');
      return [[series.name.replace('vgpu_ferry_', ''), ...Object.values(labels)].join(' '), value];
    }),
  );
}

test('what an agent tells of its host', () => {
  expect(values(INVENTORY)).toEqual({
    'agent_info 0.1.0 3 11.3.0 10.0.2 6.12.0': 1,
    'mdevs nvidia-471 free': 4,
    'mdevs nvidia-471 used': 1,
    'mdevs nvidia-471 claimed': 2,
    'mdevs nvidia-471 quarantined': 3,
    'mdevs nvidia-471 inactive': 5,
    'mdevs_creatable nvidia-471': 6,
    'ledger_records claimed': 2,
    'ledger_records created': 1,
    'ledger_records quarantined': 1,
    oldest_claim_age_seconds: 3_600,
    last_look_timestamp_seconds: Date.parse(AT) / 1_000,
  });
});

test('without a claim there is no oldest one', () => {
  expect(values({ ...INVENTORY, records: [] })).toMatchObject({
    oldest_claim_age_seconds: 0,
    'ledger_records claimed': 0,
  });
});

/** What an agent tells of its host, from one look at it. Pure. */
import { type HostInventory, type LedgerRecord, METRICS, type MdevTypeUse, type Sample } from '../contract';

const STANDINGS = [
  'free',
  'used',
  'claimed',
  'quarantined',
  'inactive',
] as const satisfies (keyof MdevTypeUse)[];
const KINDS = ['claimed', 'created', 'quarantined'] as const satisfies LedgerRecord['kind'][];

/** `version`: of this program. */
export function hostGauges(inventory: HostInventory, version: string): Sample[] {
  const { host, types, records, at } = inventory;
  return [
    { series: METRICS.agentInfo, labels: infoOf(inventory, version), value: 1 },
    ...types.flatMap((use) => typeGauges(host, use)),
    ...KINDS.map((kind) => ({
      series: METRICS.ledgerRecords,
      labels: { host, kind },
      value: records.filter((record) => record.kind === kind).length,
    })),
    { series: METRICS.oldestClaim, labels: { host }, value: oldestClaimSeconds(records, Date.parse(at)) },
    { series: METRICS.lastLook, labels: { host }, value: Date.parse(at) / 1_000 },
  ];
}

function infoOf({ host, protocol, versions }: HostInventory, version: string): Record<string, string> {
  return {
    ...{ host, version, protocol: String(protocol) },
    ...{ libvirt: dotted(versions.libvirt), qemu: dotted(versions.qemu), kernel: versions.kernel },
  };
}

/** libvirt's coding: see HostVersions. */
function dotted(coded: number): string {
  return [Math.floor(coded / 1_000_000), Math.floor(coded / 1_000) % 1_000, coded % 1_000].join('.');
}

function typeGauges(host: string, use: MdevTypeUse): Sample[] {
  const { type } = use;
  return [
    ...STANDINGS.map((standing) => ({
      series: METRICS.mdevs,
      labels: { host, type, standing },
      value: use[standing],
    })),
    { series: METRICS.mdevsCreatable, labels: { host, type }, value: use.creatable },
  ];
}

function oldestClaimSeconds(records: readonly LedgerRecord[], nowMs: number): number {
  const since = records.flatMap(({ kind, since }) =>
    kind === 'claimed' && since ? [Date.parse(since)] : [],
  );
  return since.length === 0 ? 0 : Math.max(0, nowMs - Math.min(...since)) / 1_000;
}

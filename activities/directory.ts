/** Looking at a host, for a client: its guests by name, and what it has and holds. Nothing is touched. */
import {
  type DirectoryActivities,
  type GuestSummary,
  type HostInventory,
  type LedgerRecord,
  AGENT_PROTOCOL,
} from '../src/contract';
import type { ClaimRecord, LedgerState } from '../src/claims';
import { typeUse } from '../src/mdev';
import type { HostDeps } from './deps';
import { type DomainMdevs, mdevsByDomain, uuidsIn } from './devices';
import { typed } from './failures';
import { findGuestInput, readInput } from './inputs';

export function createDirectoryActivities(deps: HostDeps): DirectoryActivities {
  const { host, hypervisor } = deps;
  return {
    async findGuest(raw) {
      const { guest } = readInput(findGuestInput, raw);
      const domains = await typed(host, () => hypervisor.listDomains());
      return domains
        .filter(({ uuid, name }) => uuid === guest.toLowerCase() || name === guest)
        .map(({ uuid, name }) => ({ uuid, name }));
    },

    describeHost: () => lookAtHost(deps),
  };
}

/** Also for the agent's own metrics. */
export function lookAtHost(deps: HostDeps): Promise<HostInventory> {
  return typed(deps.host, () => describeHost(deps));
}

async function describeHost({ host, hypervisor, ledger, jobs }: HostDeps): Promise<HostInventory> {
  const versions = await hypervisor.versions();
  const [offers, devices] = [await hypervisor.mdevTypes(), await hypervisor.listMdevs()];
  const domains = await mdevsByDomain(hypervisor);
  const state = await ledger.list();
  const types = new Map(devices.map(({ uuid, type }) => [uuid, type]));
  const guests = domains.map((domain) => summaryOf(domain, types));
  return {
    ...{ host, protocol: AGENT_PROTOCOL, at: new Date().toISOString(), versions },
    migrating: jobs.count,
    types: typeUse({ offers, devices, inDomains: uuidsIn(domains), ledger: state }),
    guests: guests.sort((one, other) => (one.name < other.name ? -1 : 1)),
    records: recordsOf(state),
  };
}

function summaryOf(
  { uuid, name, running, persistent, live, inactive }: DomainMdevs,
  types: ReadonlyMap<string, string>,
): GuestSummary {
  const uses = (live ?? inactive ?? []).map((mdev) => ({ uuid: mdev, type: types.get(mdev) ?? null }));
  return { uuid, name, running, persistent, mdevs: uses };
}

function recordsOf({ claims, created, quarantined }: LedgerState): LedgerRecord[] {
  return [
    ...claims.map((record) => known('claimed', record)),
    ...created.map((record) => known('created', record)),
    ...quarantined.map(({ uuid, record, reason }) => ({
      ...(record === null ? UNREADABLE : known('quarantined', record)),
      ...{ uuid, reason },
    })),
  ];
}

const UNREADABLE: LedgerRecord = {
  ...{ kind: 'quarantined', uuid: null, type: null, parent: null },
  ...{ guest: null, migration: null, since: null, reason: null },
};

function known(kind: LedgerRecord['kind'], record: ClaimRecord): LedgerRecord {
  const { target, type, parent, guest, migration, claimedAt } = record;
  return {
    kind,
    uuid: target,
    type,
    parent,
    guest,
    migration: migration.workflow,
    since: claimedAt,
    reason: null,
  };
}

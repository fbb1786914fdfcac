/** What speaks against this host as a destination, and which of its devices would serve. Nothing is touched. */
import { randomUUID } from 'node:crypto';
import {
  type CheckDestinationInput,
  type DestinationFacts,
  type FailedCheck,
  type MigrationRef,
  AGENT_PROTOCOL,
  UNKNOWN_TYPE,
} from '../src/contract';
import { destinationChecks } from '../src/checks';
import type { LedgerState } from '../src/claims';
import { type Allocation, type MdevRequest, type Shortage, allocate, inUse } from '../src/mdev';
import type { HostDeps } from './deps';
import { mdevsInDomains } from './devices';

interface Asked {
  migration: MigrationRef;
  requests: readonly MdevRequest[];
}

/** What would be checked and claimed for a migration that has not begun. */
export async function destinationFacts(
  deps: HostDeps,
  input: CheckDestinationInput,
): Promise<DestinationFacts> {
  const planned = await plan(deps, await deps.ledger.list(), input.requests);
  return {
    ...{ host: deps.host, protocol: AGENT_PROTOCOL, versions: await deps.hypervisor.versions() },
    mdevs: planned.ok
      ? planned.mdevs.map(({ type, source, target, parent, created }) => ({
          ...{ type, source, parent },
          target: created ? null : target,
        }))
      : [],
    failed: await check(deps, input, planned.ok ? [] : planned.shortages),
  };
}

export async function check(
  { host, hypervisor }: HostDeps,
  { migration, requests }: Asked,
  shortages: readonly Shortage[],
): Promise<FailedCheck[]> {
  const [offers, devices] = [await hypervisor.mdevTypes(), await hypervisor.listMdevs()];
  return destinationChecks({
    host,
    protocol: AGENT_PROTOCOL,
    requiredProtocol: migration.requiredProtocol,
    versions: await hypervisor.versions(),
    guest: await hypervisor.observe(migration.guest),
    types: requests.map(({ type }) => type).filter((type) => type !== UNKNOWN_TYPE), // the source has told of those
    knownTypes: new Set([...offers, ...devices].map(({ type }) => type)),
    shortages,
  });
}

/** A look before the claim itself, so that a shortage is told together with all else; a claim that we hold already is none. */
export async function expectedShortages(
  deps: HostDeps,
  { migration, requests }: Asked,
): Promise<readonly Shortage[]> {
  const state = await deps.ledger.list();
  const held = state.claims.some(
    ({ migration: { workflow, run } }) => workflow === migration.workflow && run === migration.run,
  );
  if (held) return [];
  const planned = await plan(deps, state, requests);
  return planned.ok ? [] : planned.shortages;
}

export async function plan(
  { hypervisor }: HostDeps,
  ledger: LedgerState,
  requests: readonly MdevRequest[],
): Promise<Allocation> {
  const host = {
    offers: await hypervisor.mdevTypes(),
    devices: await hypervisor.listMdevs(),
    inUse: inUse(await mdevsInDomains(hypervisor), ledger),
    claims: ledger.claims,
  };
  return allocate(requests, host, randomUUID);
}

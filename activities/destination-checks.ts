/** What speaks against this host as a destination, and which of its devices would serve. Nothing is touched. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/activity';
import {
  type ClaimedMdev,
  type CheckDestinationInput,
  type DestinationFacts,
  type FailedCheck,
  type GuestOnHost,
  type MigrationRef,
  type HostVersions,
  AGENT_PROTOCOL,
  ErrorType,
  UNKNOWN_TYPE,
} from '../src/contract';
import { destinationChecks } from '../src/checks';
import type { LedgerState } from '../src/claims';
import { type Allocation, type MdevRequest, allocate, inUse } from '../src/mdev';
import type { HostDeps } from './deps';
import { mdevsInDomains } from './devices';

interface Asked {
  migration: MigrationRef;
  requests: readonly MdevRequest[];
}

/** What does not change with the claims of others. */
export interface HostLook {
  versions: HostVersions;
  guest: GuestOnHost;
}

/** What this host has of the devices that are asked for. */
export interface Plan {
  knownTypes: ReadonlySet<string>;
  allocation: Allocation;
}

/** Of devices that are claimed already; none is a plan too. */
export function heldPlan(mdevs: readonly ClaimedMdev[]): Plan {
  return { knownTypes: new Set(mdevs.map(({ type }) => type)), allocation: { ok: true, mdevs: [...mdevs] } };
}

/** What would be checked and claimed for a migration that has not begun. */
export async function destinationFacts(
  deps: HostDeps,
  input: CheckDestinationInput,
): Promise<DestinationFacts> {
  const planned = await plan(deps, await deps.ledger.list(), input.requests);
  const { allocation } = planned;
  const look = await lookAtHost(deps, input.migration);
  return {
    ...{ host: deps.host, protocol: AGENT_PROTOCOL, versions: look.versions },
    mdevs: allocation.ok
      ? allocation.mdevs.map(({ type, source, target, parent, created }) => ({
          ...{ type, source, parent },
          target: created ? null : target,
        }))
      : [],
    failed: check(deps, input, look, planned),
  };
}

export async function lookAtHost({ hypervisor }: HostDeps, { guest }: MigrationRef): Promise<HostLook> {
  const [versions, seen] = await Promise.all([hypervisor.versions(), hypervisor.observe(guest)]);
  return { versions, guest: seen };
}

export function check(
  { host }: HostDeps,
  { migration, requests }: Asked,
  { versions, guest }: HostLook,
  { knownTypes, allocation }: Plan,
): FailedCheck[] {
  return destinationChecks({
    ...{ host, protocol: AGENT_PROTOCOL, requiredProtocol: migration.requiredProtocol, versions, guest },
    types: requests.map(({ type }) => type).filter((type) => type !== UNKNOWN_TYPE), // the source has told of those
    knownTypes,
    shortages: allocation.ok ? [] : allocation.shortages,
  });
}

/** The only look at the devices: it is for the checks too. */
export async function plan(
  { hypervisor }: HostDeps,
  ledger: LedgerState,
  requests: readonly MdevRequest[],
): Promise<Plan> {
  const [offers, devices, inDomains] = await Promise.all([
    hypervisor.mdevTypes(),
    hypervisor.listMdevs(),
    mdevsInDomains(hypervisor),
  ]);
  const host = { offers, devices, inUse: inUse(inDomains, ledger), claims: ledger.claims };
  return {
    knownTypes: new Set([...host.offers, ...host.devices].map(({ type }) => type)),
    allocation: allocate(requests, host, randomUUID),
  };
}

/** Of a plan that no check objects to: each shortage is one of them. */
export function servedBy({ allocation }: Plan): ClaimedMdev[] {
  if (allocation.ok) return allocation.mdevs;
  throw ApplicationFailure.nonRetryable(
    `Devices that nobody can serve were asked for: ${JSON.stringify(allocation.shortages)}; nothing was claimed`,
    ErrorType.InvalidInput,
  );
}

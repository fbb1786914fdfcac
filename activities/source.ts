/** The source's steps: facts and checks before, supervision of the job, clean-up after. */
import { ApplicationFailure } from '@temporalio/activity';
import {
  type CleanUpInput,
  type FailedCheck,
  type InspectInput,
  type MdevUse,
  type SourceActivities,
  type SourceFacts,
  AGENT_PROTOCOL,
  ErrorType,
} from '../src/contract';
import { type Ends, encryptionChecks, libvirtAddress, sourceChecks, tlsFault } from '../src/checks';
import { ClaimConflictError } from '../src/claims';
import { guestProfile } from '../src/convergence';
import { type MdevDifference, domainDigest, mdevDifference, readMdevs } from '../src/domain-xml';
import type { DomainInfo, Hypervisor } from '../src/hypervisor/port';
import { whileBeating } from './beat';
import { bothForms } from './both-forms';
import { controlJob } from './control-job';
import { requireOwnStep } from './caller';
import { requireCurrentAttempt } from './current-attempt';
import type { HostDeps } from './deps';
import { mdevsInDomains } from './devices';
import { typed } from './failures';
import { observe } from './guest';
import {
  cleanUpInput,
  inspectInput,
  jobControlInput,
  migrateInput,
  readInput,
  requireProtocol,
} from './inputs';
import { superviseMigration } from './migrate-guest';

export function createSourceActivities(deps: HostDeps): SourceActivities {
  const { host } = deps;
  return {
    async inspectSource(raw) {
      const input = readInput(inspectInput, raw);
      return typed(host, () => inspect(deps, input));
    },

    async migrateGuest(raw) {
      const input = readInput(migrateInput, raw);
      requireProtocol(host, input.migration.requiredProtocol);
      requireOwnStep(deps, input.migration);
      return typed(host, () => superviseMigration(deps, input));
    },

    async cleanUpSource(raw) {
      const input = readInput(cleanUpInput, raw);
      requireProtocol(host, input.migration.requiredProtocol);
      requireOwnStep(deps, input.migration);
      return whileBeating(async () => {
        const current = requireCurrentAttempt(host, deps.attemptIsCurrent);
        return typed(host, () => cleanUp(deps, input, current));
      });
    },

    async controlJob(raw) {
      const input = readInput(jobControlInput, raw);
      requireProtocol(host, input.migration.requiredProtocol);
      requireOwnStep(deps, input.migration);
      return typed(host, () => controlJob(deps, input));
    },
  };
}

async function inspect(deps: HostDeps, { migration, destination }: InspectInput): Promise<SourceFacts> {
  const { host, hypervisor } = deps;
  const { guest } = migration;
  // the server and the peer answer while the host is looked at
  const [searchable, ofPeer] = [deps.searchable(), peerChecks(deps, destination)];
  ofPeer.catch(() => undefined); // told below, if nothing else fails before
  const [domain, seen, versions] = await Promise.all([
    hypervisor.domain(guest),
    observe(deps, guest),
    hypervisor.versions(),
  ]);
  if (!domain) throw guestNotFound(host, guest);
  const { xml, difference } = await readXml(hypervisor, domain);
  const mdevs = await withTypes(hypervisor, readMdevs(xml));
  const failed = [
    ...sourceChecks({
      ...{ host, destination, protocol: AGENT_PROTOCOL, requiredProtocol: migration.requiredProtocol },
      ...{ versions, guest: seen, mdevs, mdevDifference: difference },
      blockers: await blockers(deps, domain),
    }),
    ...(await ofPeer),
  ];
  if (failed.length === 0) hypervisor.expectMigration();
  return {
    host,
    protocol: AGENT_PROTOCOL,
    versions,
    guestName: domain.name,
    persistent: domain.persistent,
    autostart: domain.autostart,
    pausedByUser: seen.state === 'paused' && seen.reason === 'user',
    mdevs,
    xmlDigest: domainDigest(xml),
    ...((await searchable) && { searchable: true }),
    ...guestProfile(
      mdevs.map(({ type }) => type),
      deps.profiles,
    ),
    ...wayTo(deps, destination),
    ...(domain.running && { qemuAsked: deps.askQemu }),
    failed,
  };
}

/** Asked only where the operator wants it; a guest that does not run has no QEMU to ask. */
async function blockers({ hypervisor, askQemu }: HostDeps, { uuid, running }: DomainInfo): Promise<string[]> {
  return askQemu && running ? hypervisor.migrationBlockers(uuid) : [];
}

async function readXml(
  hypervisor: Hypervisor,
  domain: DomainInfo,
): Promise<{ xml: string; difference: MdevDifference | null }> {
  const { live, inactive } = await bothForms(hypervisor, domain.uuid, domain);
  const xml = live ?? inactive ?? '';
  return { xml, difference: live !== null && inactive !== null ? mdevDifference(live, inactive) : null };
}

async function withTypes(hypervisor: Hypervisor, uuids: string[]): Promise<MdevUse[]> {
  if (uuids.length === 0) return [];
  const devices = new Map((await hypervisor.listMdevs()).map((device) => [device.uuid, device.type]));
  return uuids.map((uuid) => ({ uuid, type: devices.get(uuid) ?? null }));
}

function wayTo(deps: HostDeps, destination: string): Pick<SourceFacts, 'way'> {
  const settings = deps.peer(destination);
  if (settings === undefined) return {};
  const { transport } = libvirtAddress(settings.libvirtUri);
  return { way: { libvirt: transport, memory: settings.channel.tls ? 'tls' : 'plain' } };
}

/** The target's daemon has to be one that we are configured to talk to, and it has to answer. */
async function peerChecks(deps: HostDeps, destination: string): Promise<FailedCheck[]> {
  const { host, hypervisor } = deps;
  if (destination === host) return [];
  const settings = deps.peer(destination);
  if (settings === undefined) {
    return [
      {
        check: 'peer-configured',
        host,
        found: `no peer ${destination}`,
        required: `"peers" names ${destination}`,
        fix: `Add ${destination} with its libvirt URI to the agent's configuration on ${host}.`,
      },
    ];
  }
  const { requireTls } = deps;
  const refused = encryptionChecks({ host, peer: destination, settings, requireTls });
  if (refused.length > 0) return refused;
  const { libvirtUri: uri } = settings;
  try {
    await (await hypervisor.connectPeer(uri, { anew: true })).close();
    return [];
  } catch (error) {
    return [unreachable({ host, peer: destination }, uri, (error as Error).message)];
  }
}

function unreachable(ends: Ends, uri: string, message: string): FailedCheck {
  const { host, peer } = ends;
  const found = `${uri}: ${message}`;
  const fault = tlsFault(message, ends);
  return fault
    ? {
        ...{ check: 'peer-certificates', host, found: `${fault.what} libvirt's words: ${found}` },
        ...{ required: `certificates that ${host} and ${peer} accept of each other`, fix: fault.fix },
      }
    : {
        ...{ check: 'peer-reachable', host, found, required: `libvirt of ${peer} answers` },
        fix: `Check that ${host} reaches it: virsh -c ${uri} version`,
      };
}

/** Idempotent: what is gone already is done. Nothing is changed before `current`. */
async function cleanUp(
  deps: HostDeps,
  { migration, mdevs, policy }: CleanUpInput,
  current: Promise<void>,
): Promise<string[]> {
  const [found] = await Promise.all([deps.hypervisor.observe(migration.guest), current]);
  if (found.state !== 'absent') await removeDefinition(deps, migration.guest);
  if (policy === 'keep') {
    for (const mdev of mdevs) await deps.ledger.keepCreated(mdev);
    return [];
  }
  const warnings = await Promise.all(mdevs.map((mdev) => removeIfOurs(deps, mdev)));
  return warnings.flat();
}

/**
 * A copy that the migration had stopped is stale: the guest was just seen to run, or to be held, on the destination. Looks again
 * just before it acts.
 */
async function removeDefinition({ host, hypervisor }: HostDeps, guest: string): Promise<void> {
  const found = await hypervisor.observe(guest);
  const isStale = found.state === 'paused' && found.reason === 'migration' && found.job === 'none';
  if (isStale) await hypervisor.destroy(guest);
  const seen = isStale ? await hypervisor.observe(guest) : found;
  if (seen.state === 'running' || seen.state === 'paused') {
    throw ApplicationFailure.nonRetryable(
      `Guest ${guest} was found ${seen.state} (${seen.reason}) on ${host} after it had moved. Nothing was touched; look at both hosts before you end a copy.`,
      ErrorType.FinalizeFailed,
    );
  }
  if (seen.state === 'shut-off') await hypervisor.undefine(guest);
}

/** Only a device that our ledger shows to be made by us, and that no domain uses any more. */
async function removeIfOurs({ host, hypervisor, ledger, log }: HostDeps, mdev: string): Promise<string[]> {
  const remove = async (): Promise<void> => {
    if ((await mdevsInDomains(hypervisor)).has(mdev)) throw new ClaimConflictError('a domain uses it');
    await hypervisor.destroyMdev(mdev);
  };
  const outcome = await ledger.removeCreated(mdev, remove).catch((error: unknown) => {
    if (error instanceof ClaimConflictError) return 'used' as const;
    throw error;
  });
  if (outcome === 'used') return [`mdev ${mdev} on ${host} is used by another domain; it was left alone`];
  if (outcome === 'removed') log.info({ mdev }, 'removed a device that we had made');
  return outcome === 'claimed'
    ? [`mdev ${mdev} on ${host} is claimed by another migration already; it was left alone`]
    : [];
}

function guestNotFound(host: string, guest: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `No guest ${guest} on ${host}. See "virsh list --all --uuid" there.`,
    ErrorType.GuestNotFound,
  );
}

/** The destination's steps: check and claim before, finalize after, release if it came to nothing. */
import { setTimeout as pause } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import {
  type Claim,
  type ClaimInput,
  type ClaimedMdev,
  type DestinationActivities,
  type FailedCheck,
  type FinalizeInput,
  type GuestOnHost,
  type ReleaseInput,
  AGENT_PROTOCOL,
  ErrorType,
} from '../src/contract';
import { ClaimConflictError, type ClaimRecord } from '../src/claims';
import { readMdevs } from '../src/domain-xml';
import { HypervisorError } from '../src/hypervisor/port';
import { whileBeating } from './beat';
import { bothForms } from './both-forms';
import { requireOwnStep } from './caller';
import { requireCurrentAttempt } from './current-attempt';
import type { HostDeps } from './deps';
import {
  type Plan,
  check,
  destinationFacts,
  heldPlan,
  lookAtHost,
  plan,
  servedBy,
} from './destination-checks';
import { makeDevice, mdevsInDomains, undoDevice } from './devices';
import { preCheckFailure, typed } from './failures';
import {
  checkDestinationInput,
  claimInput,
  finalizeInput,
  readInput,
  releaseInput,
  requireProtocol,
} from './inputs';
import { askPeer } from './peer';

/** A source that answers more slowly counts as not seen; the claim does not wait for it. */
const LOOK_AT_SOURCE_MS = 10_000;

/** Part of an attempt's time after which it must not begin to record. */
const LATE_AFTER = 0.8;

export function createDestinationActivities(deps: HostDeps): DestinationActivities {
  const { host } = deps;
  return {
    async claimOnDestination(raw) {
      const input = readInput(claimInput, raw);
      requireOwnStep(deps, input.migration);
      const since = deps.ledger.moment(); // before the server is asked: after its answer the attempt may be given up at any time
      const current = requireCurrentAttempt(host, deps.attemptIsCurrent);
      const seesGuest = seesGuestOnSource(deps, input);
      return {
        ...(await typed(host, () => claim(deps, input, since, current))),
        seesGuestOnSource: await seesGuest,
      };
    },

    async checkDestination(raw) {
      const input = readInput(checkDestinationInput, raw);
      return typed(host, () => destinationFacts(deps, input));
    },

    async finalizeOnDestination(raw) {
      const input = readInput(finalizeInput, raw);
      requireProtocol(host, input.migration.requiredProtocol);
      requireOwnStep(deps, input.migration);
      return typed(host, () => whileBeating(() => finalize(deps, input)));
    },

    async releaseClaim(raw) {
      const input = readInput(releaseInput, raw);
      requireOwnStep(deps, input.migration);
      return typed(host, () => whileBeating(() => release(deps, input)));
    },
  };
}

/**
 * Whether our peer of that name is the source: if its agent is lost at the switchover, we look there in its stead. Not a
 * check of the migration, which needs it only then.
 */
async function seesGuestOnSource(
  deps: HostDeps,
  { source, migration: { guest } }: ClaimInput,
): Promise<boolean> {
  if (source === undefined) return false;
  const look = askPeer(deps, source, (peer) => peer.observe(guest)).then(({ state }) => state !== 'absent');
  const sees = look.catch((error: unknown) => {
    deps.log.warn(
      { guest, source, error: String(error) },
      'the source is not seen from here through its peer',
    );
    return false;
  });
  return Promise.race([sees, pause(LOOK_AT_SOURCE_MS, false, { ref: false })]);
}

/** All checks first; then, as one step under the ledger's lock, the choice and its record; then the devices. */
async function claim(
  deps: HostDeps,
  input: ClaimInput,
  since: number,
  current: Promise<void>,
): Promise<Claim> {
  const { host, hypervisor, ledger } = deps;
  const { migration, requests, persistent, sourceFailed } = input;
  const isLate = attemptClock();
  // only looks: they need not wait for the server's answer
  const [look] = await Promise.all([lookAtHost(deps, migration), current]);
  const requirePassed = (planned: Plan): void =>
    requireNone([...sourceFailed, ...check(deps, input, look, planned)]);

  let chosen: readonly ClaimedMdev[] | undefined;
  const answer = await ledger.claim(
    migration,
    requests,
    async (state, missing) => {
      if (isLate())
        throw ApplicationFailure.retryable(
          `Claiming on ${host} took too long; nothing was claimed`,
          ErrorType.ClaimConflict,
        );
      const planned = await plan(deps, state, missing);
      requirePassed(planned);
      return [...(chosen = servedBy(planned))];
    },
    since,
  );
  if (!chosen) requirePassed(heldPlan(answer.records)); // by an attempt before, since when much may have changed
  const isNew = ({ target }: ClaimRecord): boolean =>
    chosen?.some((mdev) => mdev.created && mdev.target === target) === true;
  if (answer.records.length > 0) {
    await ledger.whileHeld(answer, migration, async (records) => {
      for (const record of records)
        await makeDevice(hypervisor, record, { persistent, isNew: isNew(record) });
    });
  }
  const mdevs = answer.records.map(({ type, source, target, parent, created }) => ({
    type,
    source,
    target,
    parent,
    created,
  }));
  deps.log.info({ guest: migration.guest, claimId: answer.claimId, mdevs }, 'claimed');
  return { claimId: answer.claimId, host, mdevs, protocol: AGENT_PROTOCOL };
}

function requireNone(failed: readonly FailedCheck[]): void {
  if (failed.length > 0) throw preCheckFailure([...failed]);
}

/**
 * Tells when this attempt may have been given up by the server: then the undo of its claim may have run already, and
 * what it would record now nobody would release.
 */
function attemptClock(): () => boolean {
  const startedAt = performance.now();
  const { startToCloseTimeoutMs } = Context.current().info;
  return () => performance.now() - startedAt > startToCloseTimeoutMs * LATE_AFTER;
}

/** Verified before the claim is let go: from then on only the guest's own XML says that the devices are used. */
async function finalize(deps: HostDeps, input: FinalizeInput): Promise<string[]> {
  const { host, hypervisor, ledger } = deps;
  const { guest } = input.migration;
  const seen = await hypervisor.observe(guest);
  if (seen.state === 'absent') {
    await release(deps, { ...input, recycle: true }); // no domain uses the devices any more
    throw endedHere(host, guest, 'absent');
  }
  const warnings = await verifyArrival(deps, input, seen);
  const autostart = input.autostart && input.persistent ? await setAutostart(deps, guest) : [];
  await ledger.consume(input.claimId, input.migration);
  if (seen.state === 'shut-off') throw endedHere(host, guest, `shut off (${seen.reason})`);
  return [...warnings, ...autostart];
}

/** So often a refusal is taken for a passing one. */
const AUTOSTART_ATTEMPTS = 3;

/** libvirt's migration does not carry it. A lasting refusal is no reason to leave a migration unfinished. */
async function setAutostart({ host, hypervisor }: HostDeps, guest: string): Promise<string[]> {
  try {
    await hypervisor.setAutostart(guest, true);
    return [];
  } catch (error) {
    const isLost = error instanceof HypervisorError && error.connectionLost;
    if (isLost || Context.current().info.attempt < AUTOSTART_ATTEMPTS) throw error;
    return [`autostart of guest ${guest} could not be set on ${host}: ${String(error)}`];
  }
}

/** It had arrived, and its user or a crash has ended it since. */
function endedHere(host: string, guest: string, found: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `Guest ${guest} had arrived on ${host}, and was found ${found} there just after. See that it runs on no host before you start it again.`,
    ErrorType.GuestEnded,
  );
}

async function verifyArrival(
  { host, hypervisor }: HostDeps,
  input: FinalizeInput,
  seen: Exclude<GuestOnHost, { state: 'absent' }>,
): Promise<string[]> {
  const { guest } = input.migration;
  if (input.persistent && !seen.persistent)
    throw finalizeFailed(host, guest, 'found a transient guest', 'a persistent definition, as on the source');
  const { live, inactive } = await bothForms(hypervisor, guest, {
    running: seen.state !== 'shut-off',
    persistent: input.persistent,
  });
  if (live !== null) requireMdevs(host, guest, 'live', input.mdevs, readMdevs(live));
  if (inactive !== null) requireMdevs(host, guest, 'persistent', input.mdevs, readMdevs(inactive));
  if (seen.state === 'paused' && !input.pausedByUser)
    return [`guest ${guest} is paused (${seen.reason}) on ${host}`];
  return [];
}

function requireMdevs(host: string, guest: string, kind: string, required: string[], found: string[]): void {
  const same = found.length === required.length && required.every((mdev) => found.includes(mdev));
  if (!same)
    throw finalizeFailed(
      host,
      guest,
      `found mdevs ${found.join(', ') || 'none'} in its ${kind} XML`,
      `exactly the claimed ones: ${required.join(', ') || 'none'}`,
    );
}

function finalizeFailed(host: string, guest: string, found: string, required: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `Guest ${guest} on ${host}: ${found}; required ${required}. The claim is kept; nothing was undone.`,
    ErrorType.FinalizeFailed,
  );
}

/** Fenced by the claim's id; a claim that was never made, or is gone, is nothing to undo. */
async function release(
  deps: HostDeps,
  { migration, claimId, recycle, refusal }: ReleaseInput,
): Promise<string[]> {
  const answer = await deps.ledger.release(
    { workflow: migration.workflow, run: migration.run, claimId },
    async (record) => {
      const used = await mdevsInDomains(deps.hypervisor);
      if (used.has(record.target))
        throw new ClaimConflictError(
          `${deps.host}: mdev ${record.target} of the claim is used by a domain; it was not touched`,
        );
      return undoDevice(deps, record, { recycle, refusal });
    },
  );
  deps.log.info(
    { guest: migration.guest, freed: answer.freed.length, quarantined: answer.quarantined.length },
    'released',
  );
  return answer.quarantined.map(
    ({ target }) =>
      `mdev ${target} on ${deps.host} is in quarantine; its reason: vgpu-ferry claims ${deps.host}`,
  );
}

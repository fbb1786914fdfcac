/** The job itself: rewrite, migrate, and the fence's resume, with nothing of Temporal inside the downtime. */
import { AsyncResource } from 'node:async_hooks';
import { ApplicationFailure } from '@temporalio/activity';
import {
  type GuestOnHost,
  type JobSummary,
  type MigrateInput,
  type MigrateOutcome,
  ErrorType,
} from '../src/contract';
import { type JobStats, type PeerHypervisor, HypervisorError, VirErr } from '../src/hypervisor/port';
import { type AttemptCheck, anyIsCurrent, requireCurrentAttempt } from './current-attempt';
import type { HostDeps } from './deps';
import { migrateFailure, tlsFailure } from './failures';
import { Fence, isHeld } from './fence';
import { isOutgoing } from './job-progress';
import type { JobState } from './migration-jobs';
import { connectToPeer, requireEncryption, requirePeer } from './peer';
import { type TargetXml, makeTargetXml } from './target-xml';

/** An older answer of the server's may not be true any more, and is asked for again. */
const ANSWER_COUNTS_MS = 1_000;

/** While adopting, the job is polled: libvirt has no call that waits for somebody else's job. */
const POLL_MS = 250;

/** Begins a migration. Refuses if a job is in flight: a second migrate call for it would be a bug. */
export async function startJob(
  deps: HostDeps,
  input: MigrateInput,
  state: JobState,
): Promise<MigrateOutcome> {
  const { guest } = input.migration;
  const isWanted = askedAhead(state);
  const before = await deps.hypervisor.observe(guest);
  if (!isIdle(before))
    throw outcomeUnknown(`Guest ${guest} on ${deps.host} is ${describe(before)}; a new job was not started`);
  state.pausedByUser = isHeld(before); // its user may have changed that since the inspection
  requireEncryption(deps, input.destination);
  const made = makeTargetXml(deps.hypervisor, input, before.persistent);
  made.catch(() => undefined); // told below, if the peer can be reached
  const peer = await connect(deps, input.destination);
  try {
    const xml = await made;
    if (state.commands.abortRequested)
      throw aborted(`before the job of guest ${guest} had begun on ${deps.host}`);
    await requireCurrentAttempt(deps.host, isWanted);
    const fence = fenceOf(deps, input, state, peer);
    await migrate(deps, input, state, xml, fence);
    return await arrive(deps, input, state, peer, fence);
  } finally {
    await peer.close();
  }
}

/**
 * Asks now, beside what comes first: from the moment that this job was registered, which is now, whoever looks at this host is told
 * that it is under way. A yes that is old by the time that it is needed, or a no, is asked for again, then of those that have joined too.
 */
function askedAhead(state: JobState): AttemptCheck {
  const askedAt = performance.now();
  const answer = anyIsCurrent([...state.attempts]).catch(() => false);
  return async () => {
    const counts = (await answer) && performance.now() - askedAt < ANSWER_COUNTS_MS;
    return counts || anyIsCurrent(state.attempts);
  };
}

/** Waits for a job that another process started, then finds out how it ended. */
export async function adoptJob(
  deps: HostDeps,
  input: MigrateInput,
  state: JobState,
): Promise<MigrateOutcome> {
  const { guest } = input.migration;
  while (isOutgoing(await deps.hypervisor.observe(guest)))
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  const peer = await connect(deps, input.destination);
  try {
    const [here, there] = [await deps.hypervisor.observe(guest), await peer.observe(guest)];
    if (hasLeft(here) && (there.state === 'running' || isHeld(there)))
      return await arrive(deps, input, state, peer, fenceOf(deps, input, state, peer));
    if (here.state === 'running' && there.state === 'absent') throw cameBack(deps, input, state);
    throw outcomeUnknown(
      `The job of guest ${guest} has ended; on ${deps.host} it is ${describe(here)}, on ${input.destination} ${describe(there)}`,
    );
  } finally {
    await peer.close();
  }
}

function fenceOf(deps: HostDeps, input: MigrateInput, state: JobState, peer: PeerHypervisor): Fence {
  const wanted = input.policy.switchover === 'fenced' && !state.pausedByUser;
  return new Fence({ guest: input.migration.guest, peer, wanted, log: deps.log });
}

async function migrate(
  deps: HostDeps,
  { migration, destination, policy }: MigrateInput,
  state: JobState,
  xml: TargetXml,
  fence: Fence,
): Promise<void> {
  const { overrides } = state.commands;
  const { libvirtUri: targetUri, channel } = requirePeer(deps, destination);
  state.begun = true;
  state.appliedDowntimeMs = overrides.maxDowntimeMs ?? policy.initialDowntimeMs;
  state.appliedBandwidthMiBps = overrides.bandwidthMiBps ?? policy.bandwidthMiBps;
  try {
    await deps.hypervisor.migrate(migration.guest, {
      targetUri,
      channel,
      destXml: xml.live,
      persistXml: xml.persistent,
      maxDowntimeMs: state.appliedDowntimeMs,
      bandwidthMiBps: state.appliedBandwidthMiBps,
      startPaused: policy.switchover === 'fenced',
      onSourceStopped: () => (state.guestStoppedAt = performance.now()),
      onSourceEnding: AsyncResource.bind(fence.sourceEnding), // told by another thread, and its log line is of this step
    });
  } catch (error) {
    if (await fence.mayHaveResumed())
      throw outcomeUnknown(
        `Guest ${migration.guest} was resumed on ${destination} when its copy on ${deps.host} had been told to end; then the migrate call failed: ${String(error)}`,
      );
    if (!(error instanceof HypervisorError)) throw error;
    const gaveUp = error.code === VirErr.OPERATION_ABORTED && !state.commands.abortRequested;
    throw (gaveUp ? state.timedOut : null) ?? migrateFailure({ host: deps.host, peer: destination }, error);
  }
}

/** The source's copy is gone. Under the fence the target waits for this resume, unless it was early enough. */
async function arrive(
  deps: HostDeps,
  input: MigrateInput,
  state: JobState,
  peer: PeerHypervisor,
  fence: Fence,
): Promise<MigrateOutcome> {
  const { guest } = input.migration;
  state.step = 'resuming';
  try {
    await fence.arrived();
  } catch (error) {
    throw outcomeUnknown(
      `Guest ${guest} has left ${deps.host}, and resuming it on ${input.destination} failed: ${String(error)}`,
    );
  }
  const stats = await peer.completedJobStats(guest).catch(() => undefined); // figures only: their loss is no failure
  const { pausedByUser, decisions } = state;
  return {
    ...{ job: stats ? summary(stats) : null, adopted: false, pausedByUser },
    ...(decisions.length > 0 && { decisions }),
  };
}

async function connect(deps: HostDeps, destination: string): Promise<PeerHypervisor> {
  const { libvirtUri } = requirePeer(deps, destination);
  try {
    return await connectToPeer(deps, destination);
  } catch (error) {
    const ends = { host: deps.host, peer: destination };
    const fault = error instanceof HypervisorError ? tlsFailure(ends, error) : undefined;
    if (fault) throw fault;
    throw outcomeUnknown(
      `libvirt of ${destination} cannot be reached from ${deps.host} as ${libvirtUri}: ${String(error)}`,
    );
  }
}

function isIdle(seen: GuestOnHost): seen is Extract<GuestOnHost, { state: 'running' | 'paused' }> {
  return (
    (seen.state === 'running' || seen.state === 'paused') &&
    seen.job === 'none' &&
    seen.reason !== 'migration'
  );
}

function hasLeft(seen: GuestOnHost): boolean {
  return seen.state === 'absent' || (seen.state === 'shut-off' && seen.reason === 'migrated');
}

function describe(seen: GuestOnHost): string {
  if (seen.state === 'absent') return 'absent';
  const job = seen.state !== 'shut-off' && seen.job !== 'none' ? `, ${seen.job} job` : '';
  return `${seen.state} (${seen.reason}${job})`;
}

function summary(stats: JobStats): JobSummary {
  return {
    bytes: stats.dataProcessed,
    vfioBytes: stats.vfioTransferred,
    downtimeMs: stats.downtimeMs,
    elapsedMs: stats.elapsedMs,
  };
}

function outcomeUnknown(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, ErrorType.OutcomeUnknown);
}

/** A job that this process did not start, and so has not heard end. */
function cameBack(
  { host, jobs }: HostDeps,
  { migration }: MigrateInput,
  { commands, timedOut }: JobState,
): ApplicationFailure {
  const { guest } = migration;
  if (commands.abortRequested) return aborted(`the migration; guest ${guest} runs on ${host}`);
  if (jobs.didNotBegin(migration)) return neverBegun(host, guest);
  return timedOut ?? endedWithoutUs(host, guest);
}

/** It was registered, and so looked like a job to whoever asked; then it was not wanted any more. */
function neverBegun(host: string, guest: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `${host}: the job of guest ${guest} that was about to begin was not begun; nothing was done`,
    ErrorType.StateChanged,
  );
}

function endedWithoutUs(host: string, guest: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `The job of guest ${guest} ended while no agent watched it; the guest runs on ${host}. libvirt's log there says why.`,
    ErrorType.MigrationFailed,
  );
}

function aborted(what: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`Aborted ${what}`, ErrorType.Aborted);
}

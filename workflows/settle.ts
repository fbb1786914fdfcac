/** Finding out who owns the guest after a migrate step that did not simply succeed, and acting by the table only. */
import { CancellationScope, log, sleep } from '@temporalio/workflow';
import type { GuestOnHost, SideObservation } from '../src/contract';
import type { Host } from './host';
import { type Decision, decideOwner } from './ownership';

export type Settled = { owner: 'source' | 'destination' | 'ended' | 'in-flight'; why: string };

export interface SettleRequest {
  source: Host;
  destination: Host;
  pausedByUser: boolean;
  /** A job that is still in flight is then ended instead of attached to. */
  abortRequested(): boolean;
  /** Told what is being waited for, each round; null = at work. */
  waiting(what: string | null): void;
}

/** Rounds start close together, for the moment after a fault, and end a few minutes apart, for a host that is down. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 120_000;

/** Runs until both hosts have been seen and the table gives a verdict. Shielded from cancellation. */
export function settle(request: SettleRequest): Promise<Settled> {
  return CancellationScope.nonCancellable(() => settleRounds(request));
}

async function settleRounds(request: SettleRequest): Promise<Settled> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    const decision = await look(request);
    if (decision.act) {
      await tryToAct(request, decision.act);
    } else if (decision.owner !== 'unknown' && decision.owner !== 'split-brain') {
      request.waiting(null);
      return { owner: decision.owner, why: decision.why };
    }
    request.waiting(decision.why);
    await sleep(decision.act ? FIRST_WAIT_MS : waitMs);
  }
}

async function look({ source, destination, pausedByUser, abortRequested }: SettleRequest): Promise<Decision> {
  const [s, d]: SideObservation[] = await Promise.all([source.observe(), destination.observe()]);
  const decision = decideOwner(s!, d!, { pausedByUser });
  log.info('observed', { source: s, destination: d, owner: decision.owner, why: decision.why });
  if (decision.owner === 'in-flight' && abortRequested() && isPresent(s!))
    return { ...decision, act: { on: 'source', act: 'abort-job', expect: s } };
  if (decision.owner === 'split-brain')
    log.error('split brain', { source: source.name, destination: destination.name, why: decision.why });
  return decision;
}

/** An act that fails, or finds the state changed, only means that both hosts have to be looked at again. */
async function tryToAct(
  request: SettleRequest,
  { on, act, expect }: NonNullable<Decision['act']>,
): Promise<void> {
  try {
    await request[on].act({ act, expect });
  } catch (error) {
    log.warn('act failed; looking again', { on, act, error: String(error) });
  }
}

function isPresent(side: SideObservation): side is GuestOnHost {
  return side.state !== 'unreachable';
}

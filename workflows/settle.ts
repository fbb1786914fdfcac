/** Finding out who owns the guest after a migrate step that did not simply succeed, and acting by the table only. */
import { CancellationScope, condition, isCancellation, log, patched, sleep } from '@temporalio/workflow';
import type { Resolution, SideObservation } from '../src/contract';
import type { Host } from './host';
import { type BothSeen, Lookout, type Seen } from './look';
import { type Decision, classifyDestination, sourceRuns } from './ownership';
import type { OwnershipContext } from './ownership-table';
import { type SaidOf, decideWith } from './resolution';
import { TIMING } from './timing';

export interface Settled {
  owner: 'source' | 'destination' | 'ended' | 'in-flight';
  why: string;
  /** As the guest was last seen on its source: paused by its user, or not (any more). */
  pausedByUser: boolean;
  /** A copy of the guest was seen on the destination: there had been a job. */
  destinationHadCopy: boolean;
}

/** What a round has seen and what the table says of it. */
export interface Round extends BothSeen {
  decision: Decision;
}

export interface SettleRequest {
  source: Host;
  destination: Host;
  context: Omit<OwnershipContext, 'sourceRan'>;
  /** The destination has seen the guest on the source through its peer: so "absent" there is said of the right host. */
  destinationKnowsSource: boolean;
  /** Both agents can tell of changes, and look at each other's host; else they are asked again and again. */
  agentsWatch: boolean;
  /** The source's agent was lost in the middle of it. */
  supervisorLost: boolean;
  /** A job that is still in flight is then ended instead of attached to. */
  abortRequested(): boolean;
  /** What a person has decided, if anything yet. */
  resolution(): Resolution | null;
  /** A job is in flight: what was decided was of a state that is no more, and its end brings another. */
  forgetResolution(): void;
  /** Told of each round that ends without a verdict, and whether it is one that only time or a person can help. */
  waiting(round: Round, lasting: boolean): Promise<void>;
  /** The verdict is there. */
  working(): Promise<void>;
}

/** Runs until both hosts have been seen and the table gives a verdict. Shielded from cancellation. */
export function settle(request: SettleRequest): Promise<Settled> {
  return CancellationScope.nonCancellable(() => new Settling(request).run());
}

class Settling {
  private sourceRan = false;
  /** The target was complete in an earlier round. */
  private targetWasHeld = false;
  private pausedByUser: boolean;
  private destinationHadCopy = false;
  /** Runs while the owner is unknown; an alarm and not a look at the clock, which a replay may read differently. */
  private alarm: CancellationScope | null = null;
  private personIsDue = false;
  private waitMs = TIMING.lookAgainFirstMs;
  private readonly lookout: Lookout;

  constructor(private readonly request: SettleRequest) {
    const { source, destination, agentsWatch, supervisorLost, destinationKnowsSource } = request;
    const looks = { atPeers: agentsWatch, believesAbsent: destinationKnowsSource };
    this.lookout = new Lookout({ source, destination }, looks, supervisorLost ? 'source' : null);
    this.pausedByUser = request.context.pausedByUser;
  }

  async run(): Promise<Settled> {
    for (;;) {
      const round = await this.look();
      const { owner, why, act } = round.decision;
      if (!act && owner !== 'unknown' && owner !== 'split-brain') {
        this.alarm?.cancel();
        await this.request.working();
        const { pausedByUser, destinationHadCopy } = this;
        return { owner, why, pausedByUser, destinationHadCopy };
      }
      if (owner === 'unknown') this.setAlarm();
      await this.request.waiting(round, this.isLasting(round));
      const acted = act !== null && (await this.tryToAct(act, round));
      if (acted) this.waitMs = TIMING.lookAgainFirstMs;
      else await this.pauseAfter(round);
    }
  }

  private async look(): Promise<Round> {
    const { context, abortRequested } = this.request;
    const seen = await this.lookout.look();
    const [source, destination] = [seen.source.state, seen.destination.state];
    this.learn(seen);
    const decision = decideWith(this.request.resolution(), this.sidesOf(seen), {
      ...context,
      fenced: context.fenced || countsAsFenced(seen),
      pausedByUser: this.pausedByUser,
      sourceRan: this.sourceRan,
    });
    if (decision.owner === 'in-flight') this.request.forgetResolution();
    log.info('observed', { source, destination, owner: decision.owner, why: decision.why });
    const abortable = decision.owner === 'in-flight' && abortRequested() && 'job' in source;
    return {
      ...seen,
      decision: abortable
        ? { ...decision, act: { on: 'source', act: 'abort-job', expect: source } }
        : decision,
    };
  }

  /** What a round shows beyond its own verdict. */
  private learn({ source, destination }: BothSeen): void {
    const shown = source.throughPeer ?? source.state;
    // beside a target that had been complete before, a source that goes on has taken its guest back
    this.sourceRan ||= sourceRuns(source.state) || (this.targetWasHeld && sourceRuns(shown));
    this.sourceRan ||= bothRun(shown, destination.state) && patched('told-that-both-run');
    this.destinationHadCopy ||= !['absent', 'unreachable'].includes(destination.state.state);
    this.targetWasHeld ||= classifyDestination(destination.state) === 'held';
    const paused = shown.state === 'paused' && shown.reason === 'user';
    if (shown.state === 'running' || paused) this.pausedByUser = paused;
  }

  private sidesOf({ source, destination }: BothSeen): SaidOf {
    return {
      throughPeer: { source: source.throughPeer, destination: destination.throughPeer },
      ...{ source: source.state, destination: destination.state },
      ...{ sourceHost: source.host.name, destinationHost: destination.host.name },
    };
  }

  /** Two running copies are said at once; a host that is only being restarted is nobody's task. */
  private isLasting({ decision: { owner } }: Round): boolean {
    return owner === 'split-brain' || (owner === 'unknown' && this.personIsDue);
  }

  private setAlarm(): void {
    if (this.alarm !== null || !patched('alarm-for-a-person')) return;
    this.alarm = new CancellationScope();
    const ring = async (): Promise<void> => {
      await sleep(TIMING.personAfterMs);
      this.personIsDue = true;
    };
    this.alarm.run(ring).catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
  }

  /** An act that fails, or finds the state changed, only means that both hosts have to be looked at again. */
  private async tryToAct({ on, ...act }: NonNullable<Decision['act']>, round: Round): Promise<boolean> {
    const { why } = round.decision;
    const [side, other] =
      on === 'source' ? [round.source, round.destination] : [round.destination, round.source];
    try {
      // a held guest must not wait for its own agent; everything else does
      if (side.away && act.act === 'resume') await other.host.act({ ...act, on: side.host.name }, why);
      else await side.host.act(act, why);
      return true;
    } catch (error) {
      log.warn('act failed; looking again', { on, act: act.act, error: String(error) });
      return false;
    }
  }

  private async pauseAfter(round: Round): Promise<void> {
    const { resolution, agentsWatch } = this.request;
    const before = resolution();
    const decided = (): boolean => resolution() !== before;
    await condition(decided, this.waitMs);
    const away = [round.source, round.destination].filter((side) => side.away);
    const lastRound = this.waitMs >= TIMING.lookAgainLastMs;
    const actsAgain = lastRound && away.length === 0 && hasFailedToAct(round);
    const watches = agentsWatch && patched('watch-for-changes') && !actsAgain;
    this.waitMs = Math.min(this.waitMs * 2, watches ? TIMING.lookAgainLastMs : TIMING.lookAgainLongestMs);
    if (decided()) return;
    if (watches && (away.length > 0 || lastRound)) await this.untilSomethingChanges(round, decided);
    else if (!watches && away.length > 0)
      await firstOf(
        away.map(
          ({ host }) =>
            () =>
              host.untilItAnswers(),
        ),
      );
  }

  /** However long it takes, this costs no history: the agents watch, and a host that is down is waited for by the server. */
  private untilSomethingChanges({ source, destination }: Round, decided: () => boolean): Promise<void> {
    const rung = this.personIsDue;
    return firstOf([
      ...watches(source, destination.host),
      ...watches(destination, source.host),
      () => condition(decided),
      () => condition(() => this.personIsDue !== rung),
    ]);
  }
}

/** What is to be done and has failed is tried again, whether anything changes on the hosts or not. */
function hasFailedToAct({ decision }: Round): boolean {
  return decision.act !== null && patched('act-again');
}

/** Migrations begun before it had the row finished with a copy that ran beside a silent source, whoever had started it. */
function countsAsFenced({ source, destination }: BothSeen): boolean {
  const alone = source.state.state === 'unreachable' && classifyDestination(destination.state) === 'running';
  return alone && !patched('without-the-fence-a-silent-source-may-run');
}

/** As far as is known of a source whose own agent may be away. */
function bothRun(source: SideObservation, destination: SideObservation): boolean {
  return sourceRuns(source) && classifyDestination(destination) === 'running';
}

/** A host whose agent is away: until it is back, or until its hypervisor tells the other's agent of a change. */
function watches({ host, state, away, throughPeer }: Seen, other: Host): (() => Promise<void>)[] {
  if (!away) return [() => host.untilItChanges(state)];
  return [
    () => host.untilItChanges({ state: 'unreachable', why: 'its agent does not answer' }),
    ...(throughPeer ? [() => other.untilItChanges(throughPeer, host.name)] : []),
  ];
}

/** Settles with the first; the others are cancelled. */
async function firstOf(waits: (() => Promise<void>)[]): Promise<void> {
  const scope = new CancellationScope();
  await scope.run(() => Promise.race(waits.map(orLater)));
  scope.cancel();
}

/** A wait that can't be had must neither end the settling nor make it spin: then time has to do. */
async function orLater(wait: () => Promise<void>): Promise<void> {
  try {
    await wait();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('a wait failed; looking again later', { error: String(error) });
    await sleep(TIMING.lookAgainLongestMs);
  }
}

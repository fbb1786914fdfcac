/** Finding out who owns the guest after a migrate step that did not simply succeed, and acting by the table only. */
import { CancellationScope, condition, log, patched } from '@temporalio/workflow';
import type { Resolution, SideObservation } from '../src/contract';
import type { Host } from './host';
import { type Decision, sourceRuns } from './ownership';
import type { OwnershipContext } from './ownership-table';
import { decideWith } from './resolution';
import { TIMING } from './timing';

export type Settled = { owner: 'source' | 'destination' | 'ended' | 'in-flight'; why: string };

/** What a round has seen, for whoever is told of it. */
export interface Look {
  source: SideObservation;
  destination: SideObservation;
  decision: Decision;
}

export interface SettleRequest {
  source: Host;
  destination: Host;
  context: Omit<OwnershipContext, 'sourceRan'>;
  /** Both agents can tell of changes; else they are asked again and again. */
  agentsWatch: boolean;
  /** A job that is still in flight is then ended instead of attached to. */
  abortRequested(): boolean;
  /** What a person has decided, if anything yet. */
  resolution(): Resolution | null;
  /** Told of each round that ends without a verdict, and whether it is one that only time or a person can help. */
  waiting(look: Look, lasting: boolean): Promise<void>;
  /** The verdict is there, or an act is under way. */
  working(): Promise<void>;
}

/** Runs until both hosts have been seen and the table gives a verdict. Shielded from cancellation. */
export function settle(request: SettleRequest): Promise<Settled> {
  return CancellationScope.nonCancellable(() => new Settling(request).run());
}

class Settling {
  private sourceRan = false;
  private waitMs = TIMING.lookAgainFirstMs;

  constructor(private readonly request: SettleRequest) {}

  async run(): Promise<Settled> {
    for (;;) {
      const look = await this.look();
      const { owner, why, act } = look.decision;
      if (!act && owner !== 'unknown' && owner !== 'split-brain') {
        await this.request.working();
        return { owner, why };
      }
      await this.request.waiting(look, this.isLasting(look));
      const acted = act !== null && (await this.tryToAct(act));
      if (acted) this.waitMs = TIMING.lookAgainFirstMs;
      else await this.pauseAfter(look);
    }
  }

  private async look(): Promise<Look> {
    const { source: sourceHost, destination: destinationHost, context, abortRequested } = this.request;
    const [source, destination] = await Promise.all([sourceHost.observe(), destinationHost.observe()]);
    this.sourceRan ||= sourceRuns(source);
    const sides = { source, destination, sourceHost: sourceHost.name, destinationHost: destinationHost.name };
    const decision = decideWith(this.request.resolution(), sides, { ...context, sourceRan: this.sourceRan });
    log.info('observed', { source, destination, owner: decision.owner, why: decision.why });
    const abortable = decision.owner === 'in-flight' && abortRequested() && 'job' in source;
    return {
      source,
      destination,
      decision: abortable
        ? { ...decision, act: { on: 'source', act: 'abort-job', expect: source } }
        : decision,
    };
  }

  /** Two running copies are said at once; what cannot be known may clear up by itself within the first rounds. */
  private isLasting({ decision: { owner } }: Look): boolean {
    return owner === 'split-brain' || (owner === 'unknown' && this.waitMs > TIMING.lookAgainFirstMs);
  }

  /** An act that fails, or finds the state changed, only means that both hosts have to be looked at again. */
  private async tryToAct({ on, ...act }: NonNullable<Decision['act']>): Promise<boolean> {
    try {
      await this.request[on].act(act);
      return true;
    } catch (error) {
      log.warn('act failed; looking again', { on, act: act.act, error: String(error) });
      return false;
    }
  }

  private async pauseAfter(look: Look): Promise<void> {
    const { resolution, agentsWatch } = this.request;
    const before = resolution();
    const decided = (): boolean => resolution() !== before;
    await condition(decided, this.waitMs);
    const watches = agentsWatch && patched('watch-for-changes');
    const lastRound = this.waitMs >= TIMING.lookAgainLastMs;
    this.waitMs = Math.min(this.waitMs * 2, TIMING.lookAgainLongestMs);
    if (decided()) return;
    const away = this.sides(look).filter(([, seen]) => seen.state === 'unreachable');
    if (watches && (away.length > 0 || lastRound)) await this.untilSomethingChanges(look, decided);
    else if (!watches && away.length > 0)
      await firstOf(
        away.map(
          ([host]) =>
            () =>
              host.untilItAnswers(),
        ),
      );
  }

  /** However long it takes, this costs no history: the agents watch, and a host that is down is waited for by the server. */
  private untilSomethingChanges(look: Look, decided: () => boolean): Promise<void> {
    return firstOf([
      ...this.sides(look).map(
        ([host, seen]) =>
          () =>
            host.untilItChanges(seen),
      ),
      () => condition(decided),
    ]);
  }

  private sides({ source, destination }: Look): [Host, SideObservation][] {
    return [
      [this.request.source, source],
      [this.request.destination, destination],
    ];
  }
}

/** Settles with the first; the others are cancelled. */
async function firstOf(waits: (() => Promise<void>)[]): Promise<void> {
  const scope = new CancellationScope();
  await scope.run(() => Promise.race(waits.map((wait) => wait())));
  scope.cancel();
}

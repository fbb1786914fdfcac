/** Finding out who owns the guest after a migrate step that did not simply succeed, and acting by the table only. */
import { CancellationScope, log, sleep } from '@temporalio/workflow';
import type { SideObservation } from '../src/contract';
import type { Host } from './host';
import { type Decision, decideOwner, sourceRuns } from './ownership';
import type { OwnershipContext } from './ownership-table';
import { TIMING } from './timing';

export type Settled = { owner: 'source' | 'destination' | 'ended' | 'in-flight'; why: string };

export interface SettleRequest {
  source: Host;
  destination: Host;
  context: Omit<OwnershipContext, 'sourceRan'>;
  /** A job that is still in flight is then ended instead of attached to. */
  abortRequested(): boolean;
  /** Told what is being waited for, each round; null = at work. */
  waiting(what: string | null): void;
}

/** Runs until both hosts have been seen and the table gives a verdict. Shielded from cancellation. */
export function settle(request: SettleRequest): Promise<Settled> {
  return CancellationScope.nonCancellable(() => new Settling(request).run());
}

interface Look {
  source: SideObservation;
  destination: SideObservation;
  decision: Decision;
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
        this.request.waiting(null);
        return { owner, why };
      }
      this.request.waiting(why);
      const acted = act !== null && (await this.tryToAct(act));
      if (acted) this.waitMs = TIMING.lookAgainFirstMs;
      else await this.pauseAfter(look);
    }
  }

  private async look(): Promise<Look> {
    const { source: sourceHost, destination: destinationHost, context, abortRequested } = this.request;
    const [source, destination] = await Promise.all([sourceHost.observe(), destinationHost.observe()]);
    this.sourceRan ||= sourceRuns(source);
    const decision = decideOwner(source, destination, { ...context, sourceRan: this.sourceRan });
    log.info('observed', { source, destination, owner: decision.owner, why: decision.why });
    if (decision.owner === 'split-brain')
      log.error('split brain', {
        source: sourceHost.name,
        destination: destinationHost.name,
        why: decision.why,
      });
    const abortable = decision.owner === 'in-flight' && abortRequested() && 'job' in source;
    return {
      source,
      destination,
      decision: abortable
        ? { ...decision, act: { on: 'source', act: 'abort-job', expect: source } }
        : decision,
    };
  }

  /** An act that fails, or finds the state changed, only means that both hosts have to be looked at again. */
  private async tryToAct({ on, act, expect }: NonNullable<Decision['act']>): Promise<boolean> {
    try {
      await this.request[on].act({ act, expect });
      return true;
    } catch (error) {
      log.warn('act failed; looking again', { on, act, error: String(error) });
      return false;
    }
  }

  /** For a host that does not answer, one call waits on the server, however long it takes, and costs no history. */
  private async pauseAfter({ source, destination }: Look): Promise<void> {
    await sleep(this.waitMs);
    this.waitMs = Math.min(this.waitMs * 2, TIMING.lookAgainLongestMs);
    const away = [
      ...(source.state === 'unreachable' ? [this.request.source] : []),
      ...(destination.state === 'unreachable' ? [this.request.destination] : []),
    ];
    if (away.length === 0) return;
    const wait = new CancellationScope();
    await wait.run(() => Promise.race(away.map((host) => host.untilItAnswers())));
    wait.cancel(); // the call to the other host, if both were away
  }
}

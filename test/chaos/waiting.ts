/** From a migration's start to its rest: its end, or a wait in which a person cannot help either. */
import {
  type WorkflowHandle,
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  WorkflowFailedError,
} from '@temporalio/client';
import type { MigrationResult, Resolution } from '../../src/contract';
import type { Outcome } from './at-rest';
import { type Scene, dealWithLostHost, judgeAndResolve } from './operator';
import { ended, inTime, throughOutages } from './patience';
import { isSdkFault } from './sdk-fault';
import type { TemporalServer } from './temporal-server';

/** No schedule needs a twelfth of it on an idle machine; a busy one may be that much slower. */
const GIVE_UP_MS = 240_000;

/** So long after the last repair a workflow that still waits will not be helped by waiting. */
const CALM_MS = 4_000;
/** Fifteen times what its alarm takes here; on a busy machine its tasks time out meanwhile. */
const SAID_WITHIN_MS = 30_000;
const LOOK_EACH_MS = 1_000;
/** Seldom: no migration needs so long, and a history is read for it. */
const STUCK_EACH_LOOKS = 20;

export type Handle = WorkflowHandle<() => Promise<MigrationResult>>;

export interface End {
  outcome: Outcome;
  resolved: Resolution | null;
  wrongs: string[];
}

/** Until the workflow has ended, or waits for a person who cannot know either. */
export class Waiting {
  private resolved: Resolution | null = null;
  private readonly wrongs: string[] = [];
  private calmSince: number | undefined;
  private unsaidSince: number | undefined;
  private looks = 1;

  constructor(
    private readonly scene: Scene & { handle: Handle },
    private readonly temporal: TemporalServer,
  ) {}

  async run(): Promise<End> {
    const { handle } = this.scene;
    const ending = throughOutages(this.temporal, () => handle.result()).then(
      (result): Outcome => ({ kind: 'completed', result }),
      (error: unknown): Outcome => failureOf(error),
    );
    const giveUpAt = Date.now() + GIVE_UP_MS;
    for (;;) {
      if (await inTime(ending, LOOK_EACH_MS)) return this.endWith(await ending);
      if (Date.now() > giveUpAt || (await this.isStuck())) {
        await throughOutages(this.temporal, () => ended(handle, 'it did not end in time'));
        return this.endWith({
          kind: 'failed',
          type: 'did not end',
          message: `running after ${GIVE_UP_MS} ms`,
        });
      }
      if (!(await this.isCalm())) continue;
      const why = await this.personLooks();
      if (why !== undefined) return this.endWith({ kind: 'waits', why });
    }
  }

  private endWith(outcome: Outcome): End {
    const { resolved, wrongs } = this;
    return { outcome, resolved, wrongs };
  }

  /** No replay of it will ever get further. */
  private async isStuck(): Promise<boolean> {
    if (this.looks++ % STUCK_EACH_LOOKS !== 0) return false;
    const history = await this.scene.handle.fetchHistory().catch(() => null);
    return history !== null && isSdkFault(history);
  }

  private async isCalm(): Promise<boolean> {
    this.calmSince = (await this.scene.blows.calm()) ? (this.calmSince ?? Date.now()) : undefined;
    return this.calmSince !== undefined && Date.now() - this.calmSince >= CALM_MS;
  }

  /** The reason, if there is nothing that a person could say. */
  private async personLooks(): Promise<string | undefined> {
    const verdict = (await judgeAndResolve(this.scene)) ?? (await dealWithLostHost(this.scene));
    if (verdict && 'unsaid' in verdict) return this.stillUnsaid(verdict.unsaid);
    this.unsaidSince = undefined;
    if (verdict === undefined) return undefined;
    if ('nothingToSay' in verdict) return verdict.nothingToSay;
    if ('wrong' in verdict) {
      this.wrongs.push(verdict.wrong);
      return verdict.wrong;
    }
    if (this.resolved !== null) this.wrongs.push('it asked for the same decision twice');
    this.resolved = verdict.said;
    this.calmSince = undefined;
    return undefined;
  }

  private stillUnsaid(why: string): string | undefined {
    this.unsaidSince ??= Date.now();
    if (Date.now() - this.unsaidSince < SAID_WITHIN_MS) return undefined;
    this.wrongs.push(`it waits (${why}), and says to nobody that it does`);
    return why;
  }
}

function failureOf(error: unknown): Outcome {
  const cause = error instanceof WorkflowFailedError ? error.cause : error;
  if (cause instanceof CancelledFailure) return { kind: 'failed', type: 'canceled', message: cause.message };
  if (cause instanceof TerminatedFailure) return { kind: 'terminated' };
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  return { kind: 'failed', type: type ?? 'unknown', message: String(cause) };
}

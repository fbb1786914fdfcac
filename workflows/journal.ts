/** What the migration says of itself while it runs: its stage and times, what it waits for, what needs a person. */
import type { Attention, MigrationProgress, Stage, StageTime } from '../src/contract';
import { clearAttention, raiseAttention } from './attention';
import type { Labels } from './labels';
import type { Seen } from './look';
import type { Round } from './settle';
import { tellStage } from './telemetry';

export class Journal {
  readonly stages: StageTime[] = [];
  stage: MigrationProgress['stage'] = 'inspect';
  waitingFor: string | null = null;
  attention: Attention | null = null;
  /** Who owns the guest was not to be known at the last look. */
  ownerUnknown = false;
  /** Hosts that are waited for because they do not answer. */
  away: string[] = [];
  /** Those of them of which nothing at all is heard. */
  silent: string[] = [];

  constructor(
    private readonly hosts: { guest: string; source: string; destination: string },
    private readonly labels: Labels,
    /** Shows it in the Web UI. */
    private readonly show: () => void,
  ) {}

  async during<T>(stage: Stage, step: () => Promise<T>): Promise<T> {
    const startedAt = Date.now();
    this.enter(stage);
    let result: 'done' | 'failed' = 'failed';
    try {
      const answer = await step();
      result = 'done';
      return answer;
    } finally {
      const ms = Date.now() - startedAt;
      this.stages.push({ stage, startedAt: new Date(startedAt).toISOString(), ms });
      tellStage(stage, ms, result);
    }
  }

  enter(stage: MigrationProgress['stage']): void {
    this.stage = stage;
    this.labels.enter(stage);
    this.waitFor(null);
  }

  /** `outcome`: as the search attribute tells it. */
  end(outcome: string): void {
    this.labels.end(outcome);
    this.enter('done');
  }

  /** `away`: hosts of which it is an answer that is waited for. */
  waitFor(what: string | null, away: string[] = [], silent: string[] = away): void {
    this.waitingFor = what;
    this.away = away;
    this.silent = silent;
    this.show();
  }

  /** A round of looking at both hosts that gave no verdict. */
  async undecided({ source, destination, decision }: Round, lasting: boolean): Promise<void> {
    const { owner, why } = decision;
    const away = [source, destination].filter((side) => side.away);
    const silent = away.filter(({ throughPeer }) => throughPeer === null);
    const kind = owner === 'split-brain' ? owner : owner === 'unknown' ? ('unknown-owner' as const) : null;
    this.ownerUnknown = kind !== null;
    if (kind && lasting)
      await this.raise({ kind, why, source: source.state, destination: destination.state });
    this.waitFor(why, namesOf(away), namesOf(silent));
  }

  async decided(): Promise<void> {
    this.ownerUnknown = false;
    this.waitFor(null);
    if (this.attention === null) return;
    this.attention = null;
    this.show();
    await clearAttention();
  }

  private async raise(seen: Omit<Attention, 'since'>): Promise<void> {
    const same = this.attention?.kind === seen.kind;
    this.attention = { ...seen, since: this.attention?.since ?? new Date().toISOString() };
    if (!same) await raiseAttention(this.attention, this.hosts);
  }
}

function namesOf(sides: Seen[]): string[] {
  return sides.map(({ host }) => host.name);
}

/** What the migration says of itself while it runs: its stage and times, what it waits for, what needs a person. */
import type { Attention, MigrationProgress, Stage, StageTime } from '../src/contract';
import { clearAttention, raiseAttention } from './attention';
import type { Round } from './settle';

export class Journal {
  readonly stages: StageTime[] = [];
  stage: MigrationProgress['stage'] = 'inspect';
  waitingFor: string | null = null;
  attention: Attention | null = null;
  /** Who owns the guest was not to be known at the last look. */
  ownerUnknown = false;
  /** Hosts that are waited for because they do not answer. */
  away: string[] = [];

  constructor(
    private readonly hosts: { guest: string; source: string; destination: string },
    /** Shows it in the Web UI. */
    private readonly show: () => void,
  ) {}

  async during<T>(stage: Stage, step: () => Promise<T>): Promise<T> {
    const startedAt = Date.now();
    this.enter(stage);
    try {
      return await step();
    } finally {
      this.stages.push({ stage, startedAt: new Date(startedAt).toISOString(), ms: Date.now() - startedAt });
    }
  }

  enter(stage: MigrationProgress['stage']): void {
    this.stage = stage;
    this.waitFor(null);
  }

  /** `away`: hosts of which it is an answer that is waited for. */
  waitFor(what: string | null, away: string[] = []): void {
    this.waitingFor = what;
    this.away = away;
    this.show();
  }

  /** A round of looking at both hosts that gave no verdict. */
  async undecided({ source, destination, decision }: Round, lasting: boolean): Promise<void> {
    const { owner, why } = decision;
    const away = [source, destination].filter((side) => side.away).map(({ host }) => host.name);
    const kind = owner === 'split-brain' ? owner : owner === 'unknown' ? ('unknown-owner' as const) : null;
    this.ownerUnknown = kind !== null;
    if (kind && lasting)
      await this.raise({ kind, why, source: source.state, destination: destination.state });
    this.waitFor(why, away);
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

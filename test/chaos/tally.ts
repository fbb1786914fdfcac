/** Counts over many runs: which faults struck, and where, and how the migrations ended. */
import { type Fault, BLOW_KINDS } from './faults';
import { type RunReport, STUCK_BY_SDK } from './run';

export interface Figures {
  schedules: number;
  wrong: number;
  faults: Record<string, number>;
  outcomes: Record<string, number>;
  resolutions: Record<string, number>;
}

export class Tally {
  runs = 0;
  wrong = 0;
  private readonly blows = new Map<string, number>(BLOW_KINDS.map((kind) => [kind, 0]));
  private readonly places = new Map<string, number>();
  private readonly outcomes = new Map<string, number>();
  private readonly resolutions = new Map<string, number>();

  add(report: Pick<RunReport, 'outcome' | 'resolved' | 'struck' | 'wrongs'>): void {
    this.runs++;
    if (report.wrongs.length > 0) this.wrong++;
    count(this.outcomes, report.outcome);
    if (report.resolved)
      count(
        this.resolutions,
        'fenced' in report.resolved ? 'fenced' : `guestIsOn ${report.resolved.guestIsOn}`,
      );
    for (const { fault } of report.struck) {
      count(this.blows, fault.blow.kind);
      count(this.places, placeOf(fault));
    }
  }

  get stuckBySdk(): number {
    return this.outcomes.get(STUCK_BY_SDK) ?? 0;
  }

  /** Kinds that the schedules have drawn, or not, and that never struck. */
  neverStruck(): string[] {
    return [...this.blows].filter(([, times]) => times === 0).map(([kind]) => kind);
  }

  figures(): Figures {
    return {
      ...{ schedules: this.runs, wrong: this.wrong },
      faults: Object.fromEntries(this.blows),
      outcomes: Object.fromEntries(this.outcomes),
      resolutions: Object.fromEntries(this.resolutions),
    };
  }

  describe(): string {
    const lines = (title: string, counts: Map<string, number>): string =>
      [
        title,
        ...[...counts].sort(([, a], [, b]) => b - a).map(([name, n]) => `  ${String(n).padStart(5)} ${name}`),
      ].join('\n');
    return [
      lines('Faults that struck:', this.blows),
      lines('Where:', this.places),
      lines('The migrations ended:', this.outcomes),
      lines('The operator had to say:', this.resolutions),
    ].join('\n');
  }
}

function placeOf({ at }: Fault): string {
  if ('job' in at) return `job: ${at.job}`;
  if ('afterMs' in at) return 'any time';
  if ('activity' in at) return `step: ${at.activity}`;
  return 'disk' in at ? `ledger: ${at.disk}` : `call: ${at.call}`;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

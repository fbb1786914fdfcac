/** What a migration was told by commands: it counts for a job that has begun, and for one that has yet to. */
import type { JobOverrides } from '../src/contract';

type Field = keyof JobOverrides;

export class JobCommands {
  private abortAskedAt: number | null = null;
  private readonly set = new Map<Field, { value: number; askedAt: number }>();

  /**
   * `askedAt`: when the workflow asked, by the server's clock. The newest counts: a command may overtake the migrate
   * step that was scheduled before it, and must not be undone by what that step was told.
   */
  override(overrides: JobOverrides, askedAt: number): void {
    for (const [field, value] of Object.entries(overrides) as [Field, number | undefined][]) {
      const known = this.set.get(field);
      if (value !== undefined && (known === undefined || askedAt >= known.askedAt))
        this.set.set(field, { value, askedAt });
    }
  }

  abort(askedAt: number): void {
    this.abortAskedAt = askedAt;
  }

  /** Keeps a job from beginning, and ends one as soon as libvirt has begun it. */
  get abortRequested(): boolean {
    return this.abortAskedAt !== null;
  }

  /** A step that starts a job carries all that was asked before it; what is older is of a run that was reset. */
  startAnew(askedAt: number): void {
    if (this.abortAskedAt !== null && this.abortAskedAt < askedAt) this.abortAskedAt = null;
    for (const [field, known] of this.set) if (known.askedAt < askedAt) this.set.delete(field);
  }

  get overrides(): JobOverrides {
    return Object.fromEntries([...this.set].map(([field, { value }]) => [field, value]));
  }
}

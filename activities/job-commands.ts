/** What a migration was told by commands: it counts for a job that has begun, and for one that has yet to. */
import type { JobOverrides } from '../src/contract';

type Field = keyof JobOverrides;

export class JobCommands {
  /** Keeps a job from beginning, and ends one as soon as libvirt has begun it. */
  abortRequested = false;
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

  get overrides(): JobOverrides {
    return Object.fromEntries([...this.set].map(([field, { value }]) => [field, value]));
  }
}

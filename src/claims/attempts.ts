/**
 * Which attempts to claim are out of date: begun before their migration released, so that nobody would release what they record. In
 * memory: an attempt to claim does not outlive this process either.
 */
import type { ClaimOwner } from './operations';

/** Far more than attempts that can still be under way. */
const MOST_LET_GO = 10_000;

export class Attempts {
  private moments = 0;
  /** By migration, when its claim was last let go. */
  private readonly letGo = new Map<string, number>();

  /** When an attempt begins. */
  moment(): number {
    return this.moments;
  }

  noteLetGo(owner: ClaimOwner): void {
    const key = migrationKey(owner);
    this.letGo.delete(key); // so that the oldest come first
    this.letGo.set(key, ++this.moments);
    if (this.letGo.size > MOST_LET_GO) this.letGo.delete(this.letGo.keys().next().value!);
  }

  hasLetGo(owner: ClaimOwner, since: number): boolean {
    return (this.letGo.get(migrationKey(owner)) ?? 0) > since;
  }
}

const migrationKey = ({ workflow, run }: ClaimOwner): string => JSON.stringify([workflow, run]);

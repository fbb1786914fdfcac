/**
 * Room for new devices on the parents, while a plan is being made. The host counts what is left of each type as if that
 * type alone were created; in truth the types of a parent share it. Each plan therefore takes its share: where a host says
 * "4 more of A or 8 more of B", one A takes a quarter, and B's 8 become 6. Where types are sizes of one resource this
 * never promises too much. A parent that can hold only one type at a time says so when the second is created; a parent
 * without other new types is therefore preferred.
 */
import { byName, pendingCreations, placesOf, type HostMdevs, type Place } from './inventory';

interface Planned {
  parent: string;
  type: string;
}

/** Sums of fractions such as 12 × 1/12 miss 1 by a little. */
const ROUNDING = 1e-9;

export class Room {
  private readonly planned: Planned[];

  constructor(private readonly host: HostMdevs) {
    this.planned = pendingCreations(host).map(({ parent, type }) => ({ parent, type }));
  }

  /** Parents that could ever take the type: who has fewest of them must be served first. */
  choices(type: string): number {
    return placesOf(this.host, type).filter((place) => this.fits(place)).length;
  }

  /**
   * Plans one more device; undefined if no parent has room. Packed, not spread: a parent that is begun is filled up, so
   * that others stay whole for larger types.
   */
  take(type: string): string | undefined {
    const [best] = placesOf(this.host, type)
      .filter((place) => this.fits(place))
      .sort(
        (a, b) =>
          this.mixing(a, type) - this.mixing(b, type) ||
          this.left(a) - this.left(b) ||
          byName(a.parent, b.parent),
      );
    if (best) this.planned.push({ parent: best.parent, type });
    return best?.parent;
  }

  private fits(place: Place): boolean {
    return this.left(place) >= 1;
  }

  /** Fraction of the parent's room that is planned away. A type without room left that is yet planned fills it. */
  private taken(parent: string): number {
    return this.planned
      .filter((planned) => planned.parent === parent)
      .flatMap(({ type }) => placesOf(this.host, type).filter((place) => place.parent === parent))
      .reduce((sum, { available }) => sum + 1 / available, 0);
  }

  /** How many more of the place's type fit beside what is planned. */
  private left(place: Place): number {
    return Math.floor(place.available * (1 - this.taken(place.parent)) + ROUNDING);
  }

  private mixing(place: Place, type: string): 0 | 1 {
    return this.planned.some((planned) => planned.parent === place.parent && planned.type !== type) ? 1 : 0;
  }
}

/** Choices by a seed. */
import { seededRandom } from '../../src/hypervisor/simulated';

export class Draw {
  private readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  chance(part: number): boolean {
    return this.random() < part;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)] as T;
  }

  /** A whole number from 0 to `most`. */
  upTo(most: number): number {
    return Math.floor(this.random() * (most + 1));
  }
}

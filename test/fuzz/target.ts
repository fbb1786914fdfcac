/** What is fuzzed: one reader each, with what it must never do. */
import type fc from 'fast-check';
import { type TextRecipe, bytesOf, textRecipes } from './text-recipe';
import { type ValueRecipe, sizeOf, valueOf, valueRecipes } from './value-recipe';

export type Recipe = TextRecipe | ValueRecipe;

/** What came of a case, in a word or two: the error's type, or that it was read. */
export type Outcome = string;

export interface Target {
  name: string;
  /** For people: what is read, and what has to hold. */
  about: string;
  recipes: fc.Arbitrary<Recipe>;
  /** Whose kept cases are played here too; what came of them there need not come of them here. */
  corpus?: string;
  /** Rejects with `Violation` if what has to hold does not; so does any other error. */
  play(recipe: Recipe): Promise<{ outcome: Outcome; bytes: number }>;
  /** Of text: its real samples, for whoever cuts them off at each byte. */
  samples?: Readonly<Record<string, string>>;
  close?(): Promise<void>;
}

/** A property that does not hold. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Violation(what);
}

/** For a person's eyes in one piece; an error's text that grows with what was sent would fill logs and histories. */
const LONGEST_MESSAGE = 8_000;

/** The outcome if the error is one of the house's; else it is passed on. */
export function typedOnly(
  error: unknown,
  ...types: readonly (abstract new (...args: never[]) => Error)[]
): Outcome {
  if (!(error instanceof Error) || !types.some((type) => error instanceof type)) throw error;
  must(error.message.length <= LONGEST_MESSAGE, `its message has ${error.message.length} characters`);
  must(isWellFormed(error.message), 'its message holds half a character');
  return error.name;
}

/** No half of a surrogate pair: not every reader of UTF-8 takes one. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Nothing that is read may change what every object inherits. */
export function requireCleanPrototypes(): void {
  for (const prototype of [Object.prototype, Array.prototype, Map.prototype]) {
    const [added] = Object.keys(prototype);
    if (added === undefined) continue;
    delete (prototype as unknown as Record<string, unknown>)[added];
    throw new Violation(`${added} was added to a prototype that all objects share`);
  }
}

interface TextTarget extends Pick<Target, 'name' | 'about' | 'corpus' | 'close'> {
  samples: Readonly<Record<string, string>>;
  /** What means something to the reader. */
  tokens: readonly string[];
  judge(text: string, recipe: TextRecipe): Outcome | Promise<Outcome>;
}

export function textTarget({ name, about, samples, tokens, judge, ...rest }: TextTarget): Target {
  return {
    ...{ name, about, samples, ...rest },
    recipes: textRecipes(Object.keys(samples), tokens),
    async play(recipe) {
      const bytes = bytesOf(recipe as TextRecipe, samples);
      const outcome = await judge(bytes.toString('utf8'), recipe as TextRecipe);
      requireCleanPrototypes();
      return { outcome, bytes: bytes.length };
    },
  };
}

interface ValueTarget extends Pick<Target, 'name' | 'about' | 'close'> {
  bases: Readonly<Record<string, unknown>>;
  tokens: readonly unknown[];
  judge(value: unknown, base: string): Outcome | Promise<Outcome>;
}

export function valueTarget({ name, about, bases, tokens, judge, close }: ValueTarget): Target {
  return {
    ...{ name, about },
    recipes: valueRecipes(Object.keys(bases), tokens),
    async play(recipe) {
      const value = valueOf(recipe as ValueRecipe, bases);
      const outcome = await judge(value, recipe.base);
      requireCleanPrototypes();
      return { outcome, bytes: sizeOf(value) };
    },
    ...(close && { close }),
  };
}

/** Plays one target: the kept cases first, then as many as are asked for, drawn from a seed. */
import fc from 'fast-check';
import { keptCases } from './corpus';
import { type Recipe, type Target, must } from './target';

export interface Failure {
  recipe: Recipe;
  why: string;
  /** The kept case's file, or the seed and path by which fast-check draws it again. */
  from: string;
}

export interface TargetFigures {
  target: string;
  about: string;
  seed: number;
  /** Drawn; the kept cases come on top. */
  runs: number;
  kept: number;
  /** How many cases came to what. */
  outcomes: Record<string, number>;
  longestInputBytes: number;
  failures: number;
  seconds: number;
}

export interface Played {
  figures: TargetFigures;
  failed: Failure[];
}

/** After a failure fast-check draws no more: each part has a seed of its own, and the rest is drawn all the same. */
const PART = 1_000;

export interface RunOptions {
  runs: number;
  seed: number;
  onPart?(figures: TargetFigures): void;
  onFailure?(failure: Failure): void;
}

export async function runTarget(
  target: Target,
  { runs, seed, onPart, onFailure }: RunOptions,
): Promise<Played> {
  const startedAt = performance.now();
  const { name, about } = target;
  const kept = keptCases(target.corpus ?? name);
  const figures: TargetFigures = {
    ...{ target: name, about, seed, runs: 0, kept: kept.length, outcomes: {} },
    ...{ longestInputBytes: 0, failures: 0, seconds: 0 },
  };
  const failed: Failure[] = [];
  const fail = (failure: Failure): void => {
    failed.push(failure);
    figures.failures++;
    onFailure?.(failure);
  };
  for (const { file, recipe, outcome } of kept) {
    const required = target.corpus === undefined ? outcome : undefined;
    await note(figures, target.play(recipe), required).catch((error: unknown) =>
      fail({ recipe, why: String(error), from: file }),
    );
  }
  for (let part = 0; figures.runs < runs; part++) {
    const failure = await runPart(target, figures, {
      runs: Math.min(PART, runs - figures.runs),
      seed: seed + part,
    });
    if (failure) fail(failure);
    figures.seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    onPart?.(figures);
  }
  return { figures, failed };
}

async function runPart(
  target: Target,
  figures: TargetFigures,
  { runs, seed }: { runs: number; seed: number },
): Promise<Failure | undefined> {
  let shrinking = false;
  const property = fc.asyncProperty(target.recipes, async (recipe) => {
    try {
      await (shrinking ? target.play(recipe) : note(figures, target.play(recipe)));
    } catch (error) {
      shrinking = true;
      throw error;
    }
  });
  const details = await fc.check(property, { seed, numRuns: runs });
  figures.runs += runs;
  if (!details.failed) return undefined;
  const recipe = details.counterexample![0];
  return {
    recipe,
    why: String(details.errorInstance),
    from: `seed ${seed}, path ${details.counterexamplePath}`,
  };
}

async function note(
  figures: TargetFigures,
  played: ReturnType<Target['play']>,
  required?: string,
): Promise<void> {
  const { outcome, bytes } = await played;
  must(required === undefined || outcome === required, `found ${outcome}, required ${required}`);
  figures.outcomes[outcome] = (figures.outcomes[outcome] ?? 0) + 1;
  figures.longestInputBytes = Math.max(figures.longestInputBytes, bytes);
}

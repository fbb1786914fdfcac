/** Cases that are kept: each was wrong once, or is of a kind that must never be. They are played before anything is drawn. */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Recipe } from './target';

const CORPUS = join(__dirname, 'corpus');

export interface KeptCase {
  file: string;
  /** What is wrong with it, for people. */
  why: string;
  /** What has to come of it; absent: only that nothing that must hold is broken. */
  outcome?: string;
  recipe: Recipe;
}

export function keptCases(name: string): KeptCase[] {
  const folder = join(CORPUS, name);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((file) => ({
      file,
      ...(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Omit<KeptCase, 'file'>),
    }));
}

/** Under a name made of the case, so that one that is found again is not kept twice. Returns the file. */
export function keep(target: string, why: string, recipe: Recipe): string {
  const folder = join(CORPUS, target);
  mkdirSync(folder, { recursive: true });
  const name = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
  const file = join(folder, `found-${name}.json`);
  writeFileSync(file, `${JSON.stringify({ why, recipe }, null, 2)}\n`);
  return file;
}

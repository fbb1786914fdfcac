/** `npm run fuzz`: a long run over everything that reads what comes from outside. Run it with --help. */
import { parseArgs } from 'node:util';
import { keep } from './corpus';
import { keepFigures } from './kept-figures';
import { type Failure, type TargetFigures, runTarget } from './run-target';
import { TARGETS, targetOf } from './targets';

const HELP = `Fuzzes everything that reads text or objects from outside: hostile inputs are drawn from a seed, and what must hold
is looked at after each. Kept cases (test/fuzz/corpus) are played first. A case that breaks something is made as small as it
can be, and added to them.

  --target NAME[,…]   these alone; default: all. There are:
                      ${TARGETS.join(', ')}
  --runs N            cases drawn for each target (default 5000)
  --seed N            first seed (default 1): the same seed draws the same cases
  --json FILE         writes the figures to FILE, and beside it as a page; other targets' figures there stay
  --help              this

Examples:
  npm run fuzz
  npm run fuzz -- --target domain-xml --runs 100000 --seed 7
  nice -n 10 npm run fuzz -- --runs 30000 --json docs/fuzzing.json

Exit status: 0 nothing was broken; 1 something was; 2 the command line is wrong.
`;

interface Options {
  targets: readonly string[];
  runs: number;
  seed: number;
  json: string | undefined;
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      target: { type: 'string' },
      runs: { type: 'string', default: '5000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const targets = values.target?.split(',') ?? TARGETS;
  const unknown = targets.filter((name) => !TARGETS.includes(name));
  if (unknown.length > 0)
    throw new Error(`target: found ${unknown.join(', ')}, required of ${TARGETS.join(', ')}`);
  return { targets, runs: whole('runs', values.runs), seed: whole('seed', values.seed), json: values.json };
}

function whole(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`${name}: found ${JSON.stringify(text)}, required a whole number`);
}

function options(): Options {
  try {
    return readOptions();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n(add --help for what there is)\n`);
    process.exit(2);
  }
}

async function fuzz(name: string, { runs, seed }: Options): Promise<TargetFigures | null> {
  const target = await targetOf(name);
  if (target === null) {
    process.stdout.write(`${name}: left out, for what it needs is not on this machine\n`);
    return null;
  }
  const onFailure = (failure: Failure): void => tell(name, failure);
  const { figures } = await runTarget(target, { runs, seed, onFailure });
  await target.close?.();
  const { kept, failures, seconds } = figures;
  process.stdout.write(`${name}: ${runs} drawn, ${kept} kept, ${failures} failures, ${seconds} s\n`);
  return figures;
}

function tell(name: string, { why, from, recipe }: Failure): void {
  const file = keep(name, why.slice(0, 300), recipe);
  process.stdout.write(`${name}: ${why.slice(0, 300)}\n  ${from}\n  kept as ${file}\n`);
}

async function main(): Promise<void> {
  const chosen = options();
  const figures: TargetFigures[] = [];
  for (const name of chosen.targets) {
    const one = await fuzz(name, chosen);
    if (one !== null) figures.push(one);
    if (chosen.json !== undefined) keepFigures(chosen.json, figures, TARGETS);
  }
  process.exitCode = figures.some(({ failures }) => failures > 0) ? 1 : 0;
}

void main();

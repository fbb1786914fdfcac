/**
 * `npm run test:mutants`: does anything notice when a rule is broken? Each mutant is a copy of the sources with one wrong
 * in it; its check has to fail on it, and to pass on the copy without.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Check, type Mutant, MUTANTS } from './list';

const ROOT = join(__dirname, '..', '..');
const COPIED = [
  'workflows',
  'activities',
  'src',
  'test',
  'jest.config.js',
  'package.json',
  'package-lock.json',
];

/** What a check says that has noticed something, as against one that could not run. */
const NOTICED = /^Tests: +\d+ failed|^ +WRONG: /m;

type Verdict = 'passed' | 'noticed' | 'broke';

interface Run {
  verdict: Verdict;
  output: string;
  seconds: number;
}

function copySources(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-mutant-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Refuses a mutant whose text is not there, or there twice: it would prove nothing. */
function mutate(folder: string, { name, file, from, to }: Mutant): () => void {
  const path = join(folder, file);
  const original = readFileSync(path, 'utf8');
  const parts = original.split(from);
  if (parts.length !== 2)
    throw new Error(
      `mutant "${name}": found its text ${parts.length - 1} times in ${file}, required once: ${from}`,
    );
  writeFileSync(path, parts.join(to));
  return () => writeFileSync(path, original);
}

const chaos = (seeds: readonly number[]): string[] => [
  ...['-r', './test/support/register-ts.js', 'test/chaos/main.ts'],
  ...['--seed', seeds.join(',')],
];

const jest = (files: readonly string[], tests: string | undefined): string[] => [
  ...['node_modules/jest/bin/jest.js', '--runInBand', ...files],
  ...(tests === undefined ? [] : ['-t', tests]),
];

const commandOf = (check: Check): string[] =>
  'seeds' in check ? chaos(check.seeds) : jest([check.jest], check.tests);

/** All checks of the mutants in as few runs as may be: on the copy without a wrong, they pass. */
function commandsForAll(checks: readonly Check[]): string[][] {
  const seeds = checks.flatMap((check) => ('seeds' in check ? check.seeds : []));
  const files = checks.flatMap((check) => ('jest' in check && !check.tests ? [check.jest] : []));
  const single = checks.filter((check) => 'jest' in check && check.tests).map(commandOf);
  return [
    ...(seeds.length > 0 ? [chaos([...new Set(seeds)])] : []),
    ...(files.length > 0 ? [jest([...new Set(files)], undefined)] : []),
    ...single,
  ];
}

function run(folder: string, command: string[]): Promise<Run> {
  const startedAt = Date.now();
  const child = spawn(process.execPath, command, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const verdict = code === 0 ? 'passed' : NOTICED.test(output) ? 'noticed' : 'broke';
      resolve({ verdict, output, seconds: Math.round((Date.now() - startedAt) / 1000) });
    });
  });
}

function say(run: Run, required: Verdict, what: string): boolean {
  const right = run.verdict === required;
  const seeds = [...run.output.matchAll(/^seed (\d+):/gm)].map(([, seed]) => seed);
  const by = seeds.length > 0 ? ` (seeds ${seeds.join(', ')})` : '';
  process.stdout.write(`${right ? 'ok   ' : 'WRONG'} ${run.verdict}, ${run.seconds} s: ${what}${by}\n`);
  if (!right) process.stdout.write(`${run.output.split('\n').slice(-60).join('\n')}\n`);
  return right;
}

async function main(): Promise<void> {
  const only = process.argv[2];
  const mutants = MUTANTS.filter(({ name }) => only === undefined || name.includes(only));
  const folder = copySources();
  let right = true;
  try {
    for (const command of commandsForAll(mutants.map(({ caughtBy }) => caughtBy)))
      right =
        say(await run(folder, command), 'passed', `nothing changed: ${command.slice(2).join(' ')}`) && right;
    for (const mutant of mutants) {
      const restore = mutate(folder, mutant);
      right = say(await run(folder, commandOf(mutant.caughtBy)), 'noticed', mutant.name) && right;
      restore();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = right && mutants.length > 0 ? 0 : 1;
}

void main();

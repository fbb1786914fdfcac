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
const NOTICED = { jest: /^Tests: +\d+ failed/m, chaos: /^ +WRONG: /m };

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
function mutate(folder: string, { name, file, edits }: Mutant): () => void {
  const path = join(folder, file);
  const original = readFileSync(path, 'utf8');
  const mutated = edits.reduce((text, { from, to }) => {
    const parts = text.split(from);
    if (parts.length !== 2)
      throw new Error(
        `mutant "${name}": found its text ${parts.length - 1} times in ${file}, required once: ${from}`,
      );
    return parts.join(to);
  }, original);
  writeFileSync(path, mutated);
  return () => writeFileSync(path, original);
}

function commandOf(check: Check): string[] {
  if ('seeds' in check)
    return ['-r', './test/support/register-ts.js', 'test/chaos/main.ts', '--seed', check.seeds.join(',')];
  const only = check.tests === undefined ? [] : ['-t', check.tests];
  return ['node_modules/jest/bin/jest.js', '--runInBand', check.jest, ...only];
}

function run(folder: string, check: Check): Promise<Run> {
  const startedAt = Date.now();
  const child = spawn(process.execPath, commandOf(check), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += String(text)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const noticed = ('seeds' in check ? NOTICED.chaos : NOTICED.jest).test(output);
      const verdict = code === 0 ? 'passed' : noticed ? 'noticed' : 'broke';
      resolve({ verdict, output, seconds: Math.round((Date.now() - startedAt) / 1000) });
    });
  });
}

function say(run: Run, required: Verdict, what: string): boolean {
  const right = run.verdict === required;
  process.stdout.write(`${right ? 'ok   ' : 'WRONG'} ${run.verdict}, ${run.seconds} s: ${what}\n`);
  if (!right) process.stdout.write(`${run.output.split('\n').slice(-60).join('\n')}\n`);
  return right;
}

const keyOf = (check: Check): string => commandOf(check).slice(2).join(' ');

async function main(): Promise<void> {
  const only = process.argv[2];
  const mutants = MUTANTS.filter(({ name }) => only === undefined || name.includes(only));
  const folder = copySources();
  let right = true;
  try {
    const checks = new Map(mutants.map(({ caughtBy }) => [keyOf(caughtBy), caughtBy]));
    for (const [name, check] of checks)
      right = say(await run(folder, check), 'passed', `unchanged: ${name}`) && right;
    for (const mutant of mutants) {
      const restore = mutate(folder, mutant);
      right = say(await run(folder, mutant.caughtBy), 'noticed', mutant.name) && right;
      restore();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.exitCode = right && mutants.length > 0 ? 0 : 1;
}

void main();

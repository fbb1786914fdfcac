/** Whether the commands in the documents exist, as far as that can be told without running them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './markdown';

/** `whole`: its arguments have to be there too. */
export interface Line {
  at: string;
  words: string[];
  whole: boolean;
}

/** Of each line that is wrong, where it stands and why. Programs that are neither ours nor Temporal's nor npm's are not judged. */
export function problemsOf(lines: readonly Line[], temporal: string): string[] {
  const of = (program: string): Line[] => lines.filter(({ words }) => words[0] === program);
  return [
    ...problemsOfFerry(of('vgpu-ferry')),
    ...of('temporal').flatMap((line) => told(line, problemOfTemporal(line.words.slice(1), temporal))),
    ...of('npm').flatMap((line) => told(line, problemOfNpm(line.words.slice(1)))),
  ];
}

function told({ at, words }: Line, problem: string | null): string[] {
  return problem === null ? [] : [`${at}: ${words.join(' ')}: ${problem}`];
}

function problemsOfFerry(lines: readonly Line[]): string[] {
  const ordered = [...lines.filter(({ whole }) => whole), ...lines.filter(({ whole }) => !whole)];
  const wordsOf = (whole: boolean): string[][] =>
    ordered.filter((line) => line.whole === whole).map(({ words }) => words.slice(1));
  const answer = execFileSync(
    process.execPath,
    ['-r', join(ROOT, 'test/support/register-ts.js'), join(__dirname, 'judge-commands.ts')],
    { input: JSON.stringify({ whole: wordsOf(true), named: wordsOf(false) }), encoding: 'utf8' },
  );
  const problems = JSON.parse(answer) as (string | null)[];
  return ordered.flatMap((line, index) => told(line, problems[index]!));
}

const helps = new Map<string, string>();
/** Key of the options that each command takes: `temporal options` lists them. */
const EVERYWHERE = '';

/** Its own help of that command has to know each flag. */
function problemOfTemporal(words: readonly string[], temporal: string): string | null {
  const path = words.slice(0, words.findIndex((word) => word.startsWith('-')) >>> 0);
  const key = path.join(' ');
  if (!helps.has(key))
    helps.set(key, execFileSync(temporal, [...path, '--help'], { encoding: 'utf8', stdio: 'pipe' }));
  const help = helps.get(key)!;
  if (!new RegExp(`^  temporal ${key} \\[`, 'm').test(help)) return 'unknown command';
  if (!helps.has(EVERYWHERE))
    helps.set(EVERYWHERE, execFileSync(temporal, ['options'], { encoding: 'utf8', stdio: 'pipe' }));
  const known = new Set(`${help}\n${helps.get(EVERYWHERE)}`.match(/(?<=^\s+(?:-\w, )?)--[\w-]+/gm));
  const unknown = words.filter((word) => word.startsWith('--') && !known.has(word.split('=')[0]!));
  return unknown.length > 0 ? `unknown option ${unknown.join(', ')}` : null;
}

function problemOfNpm([command = '', name = '']: readonly string[]): string | null {
  if (command !== 'run') return null;
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  return name in scripts ? null : `package.json has no script ${name}`;
}

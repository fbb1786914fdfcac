/** The scripts of `vgpu-ferry completion`, used as its help says: each shell can read its own, and completes by it. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { blocks } from '../docs/markdown';
import { testWith } from '../support/programs-there';

const ROOT = join(__dirname, '..', '..');
const HELP = blocks('docs/reference-cli.md').find(({ text }) =>
  text.startsWith('Usage: vgpu-ferry completion'),
)!;

/** A home of its own, with the program on the path. */
const home = mkdtempSync(join(tmpdir(), 'vgpu-ferry-completion-'));
beforeAll(() => {
  mkdirSync(join(home, 'bin'));
  const main = `-r '${join(ROOT, 'test/support/register-ts.js')}' '${join(ROOT, 'src/cli/main.ts')}'`;
  const program = `#!/bin/sh\nexec '${process.execPath}' ${main} "$@"\n`;
  writeFileSync(join(home, 'bin/vgpu-ferry'), program, { mode: 0o755 });
});
afterAll(() => rmSync(home, { recursive: true }));

/** Without settings of whoever runs the tests. */
function run(program: string, args: string[], input = ''): SpawnSyncReturns<string> {
  const PATH = [join(home, 'bin'), process.env.PATH].join(delimiter);
  const env = { PATH, HOME: home, XDG_CONFIG_HOME: join(home, '.config'), ZDOTDIR: home, TERM: 'dumb' };
  return spawnSync(program, args, { encoding: 'utf8', env, cwd: home, input });
}

/** The line of the help that is for this shell. */
function documented(shell: string): string {
  const line = HELP.text.split('\n').find((words) => words.includes(`vgpu-ferry completion ${shell}`));
  if (line === undefined) throw new Error(`the help of completion has no line for ${shell}`);
  return line.trim();
}

const READS: [string, string[]][] = [
  ['bash', ['-n']],
  ['zsh', ['-n']],
  ['fish', ['--no-execute']],
];

for (const [shell, only] of READS)
  testWith([shell], `${shell} can read its script`, () => {
    const { stdout } = run('vgpu-ferry', ['completion', shell]);
    expect(stdout).toContain('vgpu-ferry complete --');
    writeFileSync(join(home, shell), stdout);
    const read = run(shell, [...only, join(home, shell)]);
    expect(read).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(join(home, shell), `${stdout}\nif (`); // a broken one would be seen
    expect(run(shell, [...only, join(home, shell)]).status).not.toBe(0);
  });

test('bash completes by it, as the help says', () => {
  // of the package bash-completion, and of bash while a key is pressed, as far as the script asks for it
  const words = `_get_comp_words_by_ref() { cur=mig prev=vgpu-ferry words=(vgpu-ferry mig) cword=1; }
compopt() { :; }`;
  const script = `${words}
${documented('bash')}
[[ $(complete -p vgpu-ferry) =~ -F\\ ([^ ]+) ]]
COMP_TYPE=9 COMP_WORDS=(vgpu-ferry mig) COMP_CWORD=1 COMP_LINE='vgpu-ferry mig' COMP_POINT=14
"\${BASH_REMATCH[1]}" vgpu-ferry mig vgpu-ferry
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = run('bash', ['--norc', '-c', script]);
  expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^migrate\b/m), stderr: '' });
});

testWith(['zsh'], 'zsh takes it for the program, as the help says', () => {
  const script = `autoload -Uz compinit && compinit -u -D\n${documented('zsh')}\nprint -r -- $_comps[vgpu-ferry]`;
  expect(run('zsh', ['-f', '-c', script])).toMatchObject({ status: 0, stdout: '_vgpu-ferry\n', stderr: '' });
});

testWith(['fish'], 'fish completes by it, as the help says', () => {
  mkdirSync(join(home, '.config/fish/completions'), { recursive: true });
  expect(run('bash', ['-c', documented('fish')])).toMatchObject({ status: 0, stderr: '' });
  const { stdout } = run('fish', ['-c', 'complete -C "vgpu-ferry mig"']);
  expect(stdout).toMatch(/^migrate\t/m);
});

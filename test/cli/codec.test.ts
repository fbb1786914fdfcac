/** The codec's commands as programs: the id alone on standard output, never a key, and what is wrong with its exit status. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExitCode } from '../../src/cli/exit-codes';
import { newKey, useKeyFiles } from '../codec/keys';

const ROOT = join(__dirname, '..', '..');
const files = useKeyFiles();

function vgpuFerry(
  env: NodeJS.ProcessEnv,
  ...args: string[]
): { status: number | null; stdout: string; stderr: string } {
  const program = ['-r', join(ROOT, 'test/support/register-ts.js'), join(ROOT, 'src/cli/main.ts'), ...args];
  return spawnSync(process.execPath, program, {
    encoding: 'utf8',
    env: { ...process.env, VGPU_FERRY_CODEC_KEYS: '', TEMPORAL_ADDRESS: '127.0.0.1:1', ...env },
  });
}

test('a key is made, and shown by its id and check alone', () => {
  const file = join(files.folder, 'made.json');
  const made = vgpuFerry({ VGPU_FERRY_CODEC_KEYS: file }, 'codec', 'keygen', '--id', 'spring');
  expect(made).toMatchObject({ status: ExitCode.Done, stdout: 'spring\n' });
  expect(made.stderr).toMatch(
    /Key spring \(check [0-9a-f]{10}\) is in .*Nothing is encrypted yet.*"encrypt": true/,
  );
  const again = vgpuFerry({}, 'codec', 'keygen', '--keys', file);
  expect(again.stderr).toMatch(new RegExp(`set "active": "${again.stdout.trim()}"`));

  const shown = vgpuFerry({}, 'codec', 'keys', '--keys', file, '--json');
  const { keys } = JSON.parse(readFileSync(file, 'utf8')) as { keys: { id: string; key: string }[] };
  expect(JSON.parse(shown.stdout)).toEqual({
    file,
    encryptsWith: null,
    keys: keys.map(({ id }) => ({ id, check: expect.stringMatching(/^[0-9a-f]{10}$/), encrypts: false })),
  });
  const all = [made, again, shown, vgpuFerry({}, 'codec', 'keys', '--keys', file)];
  for (const { stdout, stderr } of all)
    for (const { key } of keys) expect(stdout + stderr).not.toContain(key.slice(0, 8));
});

test.each<[string, () => NodeJS.ProcessEnv, string[], RegExp]>([
  ['a codec server without keys', () => ({}), ['codec-server'], /no keys: set VGPU_FERRY_CODEC_KEYS/],
  [
    'one for everybody',
    () => ({ VGPU_FERRY_CODEC_KEYS: '/x' }),
    ['codec-server', '--listen', '0.0.0.0:1'],
    /--tls-cert/,
  ],
  [
    'a file that is not there',
    () => ({}),
    ['codec', 'keys', '--keys', '/no/keys'],
    /\/no\/keys: there is no such file/,
  ],
  [
    'a new key in what is no folder',
    () => ({}),
    ['codec', 'keygen', '--keys', '/dev/null/keys'],
    /\/dev\/null\/keys: it cannot be written \(E.*\)\. A part of that path is a file/,
  ],
  [
    'a command with keys that others can read',
    () => ({ VGPU_FERRY_CODEC_KEYS: files.write({ keys: [{ id: 'k', key: newKey() }] }, 0o644) }),
    ['list'],
    /mode 0644 lets everybody read or change it.*chmod 600/,
  ],
])('%s', (_what, env, args, words) => {
  const { status, stderr } = vgpuFerry(env(), ...args);
  expect({ status, stderr }).toEqual({ status: ExitCode.Usage, stderr: expect.stringMatching(words) });
});

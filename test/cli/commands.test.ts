/** The program as a person calls it: what is wrong is said at once, with its exit status. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ExitCode } from '../../src/cli/exit-codes';

const ROOT = join(__dirname, '..', '..');

function vgpuFerry(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = ['-r', join(ROOT, 'test/support/register-ts.js'), join(ROOT, 'src/cli/main.ts'), ...args];
  // an address that nobody listens on
  const env = { ...process.env, TEMPORAL_ADDRESS: '127.0.0.1:1' };
  return spawnSync(process.execPath, command, { encoding: 'utf8', env });
}

const GUEST = '6a1b2c3d-0000-4000-8000-000000000001';

test.each<[string, string[], number, RegExp]>([
  ['a missing destination', ['migrate', GUEST, '--from', 'host-a'], ExitCode.Usage, /--to/],
  ['an unknown option', ['migrate', GUEST, '--from', 'a', '--to', 'b', '--force'], ExitCode.Usage, /--force/],
  [
    'a host name with shell characters',
    ['migrate', GUEST, '--from', 'a;b', '--to', 'host-b'],
    ExitCode.Usage,
    /source: found "a;b"/,
  ],
  [
    'a downtime that is no number',
    ['migrate', GUEST, '--from', 'a', '--to', 'b', '--max-downtime', 'soon'],
    ExitCode.Usage,
    /whole number/,
  ],
  [
    'a downtime of nothing',
    ['migrate', GUEST, '--from', 'a', '--to', 'b', '--max-downtime', '0'],
    ExitCode.Usage,
    /maxDowntimeMs: found 0/,
  ],
  ['a malformed UUID', ['list', '--guest', 'not-a-uuid'], ExitCode.Usage, /"not-a-uuid"/],
  [
    'a configuration that is not there',
    ['agent', '--config', '/nowhere.json'],
    ExitCode.Usage,
    /\/nowhere\.json/,
  ],
  ['an unknown command', ['teleport'], ExitCode.Usage, /teleport/],
  ['no server', ['watch', GUEST], ExitCode.Unavailable, /127\.0\.0\.1:1/],
])('%s', (_what, args, status, message) => {
  const ran = vgpuFerry(...args);
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({
    status,
    stderr: expect.stringMatching(message),
  });
});

test('help teaches: examples and exit statuses', () => {
  const { status, stdout } = vgpuFerry('migrate', '--help');
  expect(status).toBe(0);
  expect(stdout).toContain('vgpu-ferry migrate workstation-7 --from host-a --to host-b');
  expect(stdout).toContain('Exit status');
});

describe('completion', () => {
  test.each([
    ['commands', ['mig'], /^migrate\t/m],
    ['options', ['migrate', '--dry'], /^--dry-run\t/m],
    ['what an option takes', ['migrate', '--switchover', ''], /^fenced\b[^]*^libvirt\b/m],
  ])('it knows %s', (_what, words, found) => {
    expect(vgpuFerry('complete', '--', ...words).stdout).toMatch(found);
  });

  test('a shell that it does not know is said so', () => {
    const { status, stderr } = vgpuFerry('completion', 'tcsh');
    expect(status).toBe(ExitCode.Usage);
    expect(stderr).toMatch(/zsh, bash, fish/);
  });
});

/** A file that the command line names and that cannot be written: which, why, what to do, and that it is the caller's fault. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnwritableFileError } from '../../src/cli/errors';
import { ExitCode } from '../../src/cli/exit-codes';
import { writeOutput } from '../../src/cli/output-file';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { type Ferry, useFerry } from '../support/ferry';

const ROOT = join(__dirname, '..', '..');

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-output-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each<[string, () => string, RegExp]>([
  ['in no folder', () => join(folder, 'none', 'story.html'), /ENOENT.*\)\. Make its folder first/],
  ['that is a folder', () => folder, /EISDIR.*\)\. That is a folder/],
  ['below a file', () => '/dev/null/story.html', /ENOTDIR.*\)\. A part of that path is a file/],
  ['on a disk that is full', () => '/dev/full', /ENOSPC.*\)\. Make room/],
  [
    'that the system refuses otherwise',
    () => join(folder, 'x'.repeat(300)),
    /ENAMETOOLONG.*\)\. Name another/,
  ],
])('one %s', async (_what, file, message) => {
  const fault = await writeOutput('--html', file(), 'text').catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(UnwritableFileError);
  expect((fault as Error).message).toContain(`--html ${file()}: it cannot be written (`);
  expect((fault as Error).message).toMatch(message);
});

describe('of a report', () => {
  let ferry: Ferry;
  useFerry((made) => (ferry = made));

  function report(file: string): { status: number | null; stdout: string; stderr: string } {
    const program = ['-r', join(ROOT, 'test/support/register-ts.js'), join(ROOT, 'src/cli/main.ts')];
    const env = { ...process.env, TEMPORAL_ADDRESS: ferry.address };
    return spawnSync(process.execPath, [...program, 'report', SAMPLE_GUEST.uuid, '--html', file], {
      encoding: 'utf8',
      env,
    });
  }

  test('it is a fault of usage, not of Temporal', async () => {
    await (await ferry.migrate({ guest: SAMPLE_GUEST.uuid })).result();
    expect(report(join(folder, 'none', 'story.html'))).toMatchObject({
      status: ExitCode.Usage,
      stdout: '',
      stderr: expect.stringMatching(
        /^vgpu-ferry: --html .*\/none\/story\.html: it cannot be written \(ENOENT/,
      ),
    });

    const file = join(folder, 'story.html');
    expect(report(file)).toMatchObject({ status: ExitCode.Done, stdout: `Written to ${file}\n` });
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>/i);
  });
});

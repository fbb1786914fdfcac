/** Ctrl-C while a migration is watched: it lets go of it, says how to go on, and ends nothing. On a pipe, and on a terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';
import { until } from '../support/until';

const ROOT = join(__dirname, '..', '..');
const PROGRAM = ['-r', join(ROOT, 'test/support/register-ts.js'), join(ROOT, 'src/cli/main.ts')];
const CTRL_C = '\u0003';
/** Of a shell, for what a signal has ended. */
const INTERRUPTED = 130;

let ferry: Ferry;
useFerry((made) => (ferry = made));

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));

interface Watching {
  process: ChildProcess;
  printed(): string;
}

function start(program: string, args: string[]): Watching {
  const env = { ...process.env, TEMPORAL_ADDRESS: ferry.address, TERM: 'xterm', COLUMNS: '200' };
  child = spawn(program, args, { env, stdio: 'pipe' });
  let text = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (more: string) => (text += more));
  return { process: child, printed: () => text };
}

async function expectLetGo(
  { process, printed }: Watching,
  interrupt: () => void,
  guest: string,
  handle: MigrationHandle,
): Promise<void> {
  await until(() => Promise.resolve(printed().includes('migrate')));
  const exit = once(process, 'close');
  interrupt();
  expect((await exit)[0]).toBe(INTERRUPTED);
  expect(printed()).toContain('Stopped watching; the migration goes on.');
  expect(printed()).toContain(`abort:  vgpu-ferry abort ${guest}`);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  expect((await ferry.fleet.snapshot()).jobs.map(({ step }) => step)).toEqual(['pre-copy']);
  await handle.cancel();
  await failureOf(handle);
}

test('on a pipe', async () => {
  const [guest, handle] = await ferry.endlessMigration();
  const watching = start(process.execPath, [...PROGRAM, 'watch', guest]);
  await expectLetGo(watching, () => watching.process.kill('SIGINT'), guest, handle);
});

test('on a terminal, where one line is written anew', async () => {
  const [guest, handle] = await ferry.endlessMigration();
  const command = [process.execPath, ...PROGRAM, 'watch', guest].join(' ');
  // util-linux's `script` is a terminal for a program that has none
  const watching = start('script', ['--quiet', '--return', '--command', command, '/dev/null']);
  await until(() => Promise.resolve(watching.printed().trimEnd().includes('\r')));
  await expectLetGo(watching, () => watching.process.stdin!.write(CTRL_C), guest, handle);
});

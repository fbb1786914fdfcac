/** The embedded server: it answers, keeps its database, tells what went wrong, and never outlives its owner. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { connectClient, temporalSettings } from '../../src/temporal/connection';
import { startEmbeddedTemporal } from '../../src/temporal/embedded';
import { findTemporalCli } from '../../src/temporal/temporal-cli';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'vgpu-ferry-test-'));
});
afterEach(() => {
  delete process.env.VGPU_FERRY_TEMPORAL_CLI;
  rmSync(folder, { recursive: true, force: true });
});

function script(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie answers too: it has ended, and waits for its new parent to notice.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Another process's end is no event for us. */
async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await pause(20);
}

test('answers, keeps its database over a restart, serves the Web UI, and is gone after stop', async () => {
  const dbFile = path.join(folder, 'temporal.db');
  const first = await startEmbeddedTemporal({ dbFile });
  const client = await connectClient(temporalSettings({ address: first.address }, {}));
  await client.workflow.start('Kept', { workflowId: 'kept', taskQueue: 'nobody' });
  await client.connection.close();
  expect((await fetch(first.uiUrl)).status).toBe(200);
  await Promise.all([first.stop(), first.stop()]);
  expect(isAlive(first.pid)).toBe(false);

  const second = await startEmbeddedTemporal({ dbFile });
  const again = await connectClient(temporalSettings({ address: second.address }, {}));
  expect((await again.workflow.getHandle('kept').describe()).type).toBe('Kept');
  await again.connection.close();
  await second.stop();
  await second.stop();
});

test('two run side by side, and leave no temporary files', async () => {
  const servers = await Promise.all([startEmbeddedTemporal(), startEmbeddedTemporal()]);
  expect(new Set(servers.map(({ address }) => address)).size).toBe(2);
  const folders = servers.map(({ pid }) => path.dirname(databaseOf(pid)));
  expect(folders.map((name) => existsSync(name))).toEqual([true, true]);
  await Promise.all(servers.map((server) => server.stop()));
  expect(folders.filter((name) => existsSync(name))).toEqual([]);
});

/** By the server's own command line: other tests' servers come and go in the same folder of temporary files. */
function databaseOf(pid: number): string {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return words[words.indexOf('--db-filename') + 1] as string;
}

test('a wished port that is in use is refused by name', async () => {
  const holder = createServer();
  await once(holder.listen(0, '127.0.0.1'), 'listening');
  const { port } = holder.address() as AddressInfo;
  await expect(startEmbeddedTemporal({ port })).rejects.toThrow(
    new RegExp(`Port ${port} .*EADDRINUSE.*choose another`),
  );
  await expect(startEmbeddedTemporal({ uiPort: port })).rejects.toThrow(`Port ${port}`);
  holder.close();
});

test.each([
  ['a port that is taken before the server binds it', "echo 'bind: address already in use' >&2; exit 1"],
  ['a panic of the server in its own start', "echo 'panic: context deadline exceeded' >&2; exit 2"],
])('%s costs another attempt, not the start', async (what, fails) => {
  const real = await findTemporalCli();
  const mark = path.join(folder, `tried ${what}`);
  process.env.VGPU_FERRY_TEMPORAL_CLI = script(
    'temporal',
    `[ -e '${mark}' ] && exec '${real}' "$@"; touch '${mark}'; ${fails}`,
  );
  const server = await startEmbeddedTemporal();
  expect(existsSync(mark)).toBe(true);
  await server.stop();
});

test('a server that ends at once is reported with its log', async () => {
  process.env.VGPU_FERRY_TEMPORAL_CLI = script('temporal', 'echo "unable to open database file" >&2; exit 3');
  await expect(startEmbeddedTemporal()).rejects.toMatchObject({
    name: 'EmbeddedTemporalError',
    message: expect.stringMatching(/status 3[^]*unable to open database file/),
  });
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'uncaught exception', 'exit'])(
  'goes when its owner ends by %s',
  async (death) => {
    const owner = spawn(
      process.execPath,
      ['-r', './test/support/register-ts.js', 'test/support/embedded-owner.ts', death],
      {
        cwd: path.resolve(__dirname, '../..'),
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, TMPDIR: folder },
      },
    );
    const ended = once(owner, 'exit');
    const [line] = (await once(createInterface(owner.stdout), 'line')) as [string];
    const pid = Number(line);
    if (death.startsWith('SIG')) owner.kill(death as NodeJS.Signals);
    await ended;
    await untilGone(pid);
    while (readdirSync(folder).some((name) => name.startsWith('vgpu-ferry-temporal-'))) await pause(20);
  },
);

test('whoever asked is told when it ends by itself, with the end of its log; not when it is stopped', async () => {
  const told: string[] = [];
  const first = await startEmbeddedTemporal({ ended: (message) => told.push(message) });
  await first.stop();
  const second = await startEmbeddedTemporal({ ended: (message) => told.push(message) });
  process.kill(second.pid, 'SIGKILL');
  while (told.length === 0) await pause(20);
  expect(told).toEqual([expect.stringContaining(`at ${second.address} has ended by itself (SIGKILL)`)]);
  await second.stop();
});

/**
 * `vgpu-ferry`, kept in memory: the documents have some forty calls of it, and loading it is most of what each costs. A shell script in
 * its place (fleet.ts) hands a call over; it is `src/cli/main.ts` that then runs, once for each call, all else is loaded already.
 * Prints its port when it listens.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Main from '../../src/cli/main';
import { CODEC_KEYS_VARIABLE } from '../../src/temporal/codec';

const load = createRequire(__filename);
const MAIN = load.resolve('../../src/cli/main');

/** Count of the arguments, folder, settings (Temporal's, and the codec's keys), then the arguments; each ends with a null character. */
const BEFORE_ARGUMENTS = 3;

interface Called {
  status: number;
  stdout: string;
  stderr: string;
}

/** Thrown out of what would end this process. */
class Exit extends Error {}

async function call(folder: string, settings: string, args: readonly string[]): Promise<Called> {
  const called: Called = { status: 0, stdout: '', stderr: '' };
  const own = { argv: process.argv, exit: process.exit, folder: process.cwd() };
  const [out, err] = [process.stdout.write, process.stderr.write];
  process.stdout.write = (text: string | Uint8Array) => (called.stdout += String(text)) !== '';
  process.stderr.write = (text: string | Uint8Array) => (called.stderr += String(text)) !== '';
  let exited: number | undefined;
  process.exit = (code) => {
    exited ??= Number(code ?? 0);
    throw new Exit('(ended)');
  };
  process.argv = [process.execPath, MAIN, ...args];
  process.exitCode = 0;
  process.chdir(folder);
  useSettings(settings);
  try {
    delete load.cache[MAIN]; // anew for each call
    await (load(MAIN) as typeof Main).ended;
    called.status = exited ?? Number(process.exitCode);
    return called;
  } finally {
    [process.stdout.write, process.stderr.write] = [out, err];
    ({ argv: process.argv, exit: process.exit } = own);
    process.exitCode = 0;
    process.chdir(own.folder);
  }
}

function useSettings(lines: string): void {
  for (const name of Object.keys(process.env))
    if (name.startsWith('TEMPORAL_') || name === CODEC_KEYS_VARIABLE) delete process.env[name];
  for (const line of lines.split('\n').filter(Boolean)) {
    const [name = '', ...value] = line.split('=');
    process.env[name] = value.join('=');
  }
}

/** One at a time: a call has the whole process. */
let turn: Promise<void> = Promise.resolve();

function serve(socket: Socket): void {
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString();
    const parts = received.split('\0').slice(0, -1);
    const count = Number(parts[0]);
    if (parts.length < BEFORE_ARGUMENTS + count) return;
    const [, folder = '', settings = '', ...args] = parts;
    turn = turn.then(async () => answer(socket, await call(folder, settings, args)));
  });
}

function answer(socket: Socket, { status, stdout, stderr }: Called): void {
  const folder = mkdtempSync(join(process.env.ANSWERS ?? tmpdir(), 'answer-'));
  writeFileSync(join(folder, 'stdout'), stdout);
  writeFileSync(join(folder, 'stderr'), stderr);
  socket.end(`${folder} ${status}\n`);
}

const server = createServer(serve).listen(0, '127.0.0.1', () => {
  load('../../src/cli/program'); // before the first call
  console.log((server.address() as AddressInfo).port);
});
process.on('disconnect', () => process.exit());

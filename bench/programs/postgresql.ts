/** A PostgreSQL of its own for one measurement: Debian's programs, an empty cluster, a free port of the loopback, gone afterwards. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../../src/temporal/free-ports';
import { end, endWithUs } from './ferry';
import { MissingProgramError } from './missing-program';

const HOST = '127.0.0.1';
const USER = 'temporal';
const START_WITHIN_MS = 60_000;
/** Where Debian puts them; by version, none of them on PATH. */
const DEBIAN = '/usr/lib/postgresql';
/** It refuses to run as root. `nobody` of Debian, which is there everywhere. */
const NOBODY = 65534;
/** It wants to come back to where it was started. */
const ANYBODYS = '/';
/** A server on 128 shards opens up to forty. */
const CONNECTIONS = 200;

export interface PostgreSql {
  port: number;
  user: string;
  pid: number;
  version: string;
  stop(): Promise<void>;
}

export async function startPostgreSql(): Promise<PostgreSql> {
  const programs = programsFolder();
  const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-postgresql-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  const [port] = await freePorts(HOST);
  let server: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    if (server) await end(server, 'SIGQUIT');
    remove();
    process.off('exit', remove);
  };
  try {
    if (isRoot()) chownSync(folder, NOBODY, NOBODY);
    await run(join(programs, 'initdb'), ['-D', folder, '-U', USER, '--auth', 'trust', '--encoding', 'UTF8']);
    server = spawn(...asUser(join(programs, 'postgres'), settings(folder, port)), {
      stdio: 'ignore',
      cwd: ANYBODYS,
    });
    endWithUs(server);
    await answering(programs, port, server);
    const { stdout } = await run(join(programs, 'postgres'), ['--version']);
    return { port, user: USER, pid: server.pid!, version: stdout.trim(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As it comes, durable; only where it listens is ours. */
function settings(folder: string, port: number): string[] {
  const chosen = {
    ...{ port, listen_addresses: HOST, unix_socket_directories: '' },
    ...{ max_connections: CONNECTIONS, logging_collector: 'off' },
  };
  return ['-D', folder, ...Object.entries(chosen).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

async function answering(programs: string, port: number, server: ChildProcess): Promise<void> {
  const ready = (): Promise<boolean> =>
    run(join(programs, 'pg_isready'), ['-h', HOST, '-p', String(port)]).then(
      () => true,
      () => false,
    );
  for (const giveUp = Date.now() + START_WITHIN_MS; !(await ready()); await pause(100)) {
    if (server.exitCode !== null) throw new Error(`postgres ended with status ${server.exitCode}`);
    if (Date.now() > giveUp) throw new Error(`postgres did not answer within ${START_WITHIN_MS / 1000} s`);
  }
}

/** The newest that is installed. */
function programsFolder(): string {
  const isServer = (version: string): boolean => existsSync(join(DEBIAN, version, 'bin', 'postgres'));
  const [newest] = list(DEBIAN)
    .filter(isServer) // a client of another version has a folder too
    .sort((one, other) => Number(other) - Number(one));
  if (newest === undefined)
    throw new MissingProgramError(
      `no PostgreSQL server below ${DEBIAN}; required: Debian's package postgresql`,
    );
  return join(DEBIAN, newest, 'bin');
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const run = (program: string, args: string[]): Promise<{ stdout: string }> =>
  promisify(execFile)(...asUser(program, args), { cwd: ANYBODYS });

function asUser(program: string, args: string[]): [string, string[]] {
  if (!isRoot()) return [program, args];
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
  return ['setpriv', [...user, program, ...args]];
}

const isRoot = (): boolean => process.getuid?.() === 0;

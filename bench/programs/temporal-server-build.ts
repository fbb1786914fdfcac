/** Temporal's own server and its schema tool, built once from their Go module: nothing else has them for PostgreSQL without containers. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../src/files/cache-folder';
import { ROOT } from '../harness/machine';
import { MissingProgramError } from './missing-program';

const MODULE = join(ROOT, 'bench', 'temporal-server');
const SERVER = 'go.temporal.io/server';
/** Ten minutes on two cores, with the modules to fetch. */
const BUILD_WITHIN_MS = 40 * 60_000;

export interface ServerPrograms {
  server: string;
  schemaTool: string;
  version: string;
}

export async function serverPrograms(say: (line: string) => void): Promise<ServerPrograms> {
  const version = pinnedVersion();
  const folder = join(cacheFolder(), `temporal-server-${version}`);
  const programs = { server: join(folder, 'server'), schemaTool: join(folder, 'sql'), version };
  if (existsSync(programs.server) && existsSync(programs.schemaTool)) return programs;
  say(`Temporal's server ${version} is built from its Go module: once, about ten minutes`);
  const building = `${folder}.${process.pid}`; // one that is broken off is not taken for done
  mkdirSync(building, { recursive: true });
  try {
    await go('build', '-o', `${building}/`, `${SERVER}/cmd/server`, `${SERVER}/cmd/tools/sql`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return programs;
}

async function go(...args: string[]): Promise<void> {
  try {
    await promisify(execFile)('go', args, {
      cwd: MODULE,
      env: { ...process.env, CGO_ENABLED: '0' },
      timeout: BUILD_WITHIN_MS,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const found =
      code === 'ENOENT' ? 'go is not on PATH' : `Temporal's server could not be built: ${message}`;
    throw new MissingProgramError(`${found}; required: Go ${goVersion()} or newer, and its modules`);
  }
}

const pinnedVersion = (): string => ofModule(new RegExp(`${SERVER} v(\\S+)`));
const goVersion = (): string => ofModule(/^go (\S+)$/m);

function ofModule(pattern: RegExp): string {
  const found = pattern.exec(readFileSync(join(MODULE, 'go.mod'), 'utf8'))?.[1];
  if (found === undefined) throw new Error(`${MODULE}/go.mod has no ${pattern.source}`);
  return found;
}

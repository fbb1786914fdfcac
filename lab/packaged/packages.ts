/** Two Debian packages: of these sources, and of the version that the hosts are upgraded from; each also unpacked, for an orchestrator outside. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../src/image';
import { must, run } from '../src/shell';

const BUILD_LIMIT_MS = 10 * 60_000;

export interface Package {
  /** Of the sources. */
  version: string;
  file: string;
  /** Its `vgpu-ferry`, for Node.js. */
  program: string;
}

export interface Packages {
  before: Package;
  now: Package;
}

export async function buildPackages(folder: string): Promise<Packages> {
  const now = await built(REPOSITORY, 'these sources', join(folder, 'now'));
  const version = await versionBefore();
  if (version === undefined) return { now, before: { ...now, version: 'the same version' } };
  const sources = join(folder, 'sources-before');
  await must('git', ['clone', '--quiet', REPOSITORY, sources], { timeoutMs: BUILD_LIMIT_MS });
  await must('git', ['-C', sources, 'checkout', '--quiet', version]);
  await must('npm', ['ci', '--no-audit', '--no-fund'], { cwd: sources, timeoutMs: BUILD_LIMIT_MS });
  return { now, before: await built(sources, version, join(folder, 'before')) };
}

/** `VGPU_FERRY_UPGRADE_FROM`, a commit or a tag; else the last tag. */
async function versionBefore(): Promise<string | undefined> {
  const { VGPU_FERRY_UPGRADE_FROM: wished } = process.env;
  if (wished) return wished;
  const { code, stdout } = await run('git', ['-C', REPOSITORY, 'describe', '--tags', '--abbrev=0']);
  return code === 0 ? stdout.trim() : undefined;
}

async function built(sources: string, version: string, folder: string): Promise<Package> {
  const printed = await must(join(sources, 'packaging/build-deb.sh'), [], { timeoutMs: BUILD_LIMIT_MS });
  const file = join(folder, 'vgpu-ferry.deb');
  await mkdir(folder);
  await copyFile(join(sources, printed.trim().split('\n').at(-1)!), file);
  await must('dpkg-deb', ['-x', file, folder]);
  return { version, file, program: join(folder, 'usr/lib/vgpu-ferry/dist/src/cli/main.js') };
}

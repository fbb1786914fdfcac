/** The product as a user gets it: packed by npm, installed with its production dependencies, put on a read-only disk. */
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atExit } from './exit';
import { REPOSITORY, cacheFolder } from './image';
import { must } from './shell';

const INSTALL_LIMIT_MS = 10 * 60_000;
/** @temporalio/core-bridge brings its native library for five platforms; the hosts need one. */
const HOST_NATIVE = 'x86_64-unknown-linux-gnu';

/** Path of the ext4 disk; made anew when the packed tarball or the lock file has changed. */
export async function appDisk(): Promise<string> {
  const cache = cacheFolder();
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, '.app-'));
  const forget = atExit(() => rmSync(scratch, { recursive: true, force: true }));
  try {
    const tarball = await pack(scratch);
    const disk = join(cache, `app-${await keyOf(tarball)}.raw`);
    if (!existsSync(disk)) await build(tarball, scratch, disk);
    return disk;
  } finally {
    await rm(scratch, { recursive: true, force: true });
    forget();
  }
}

/** `prepack` builds dist from a clean folder, so the tarball cannot carry leftovers. */
async function pack(into: string): Promise<string> {
  await must('npm', ['pack', '--pack-destination', into], { cwd: REPOSITORY, timeoutMs: INSTALL_LIMIT_MS });
  const name = (await readdir(into)).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error(`npm pack left no tarball in ${into}`);
  return join(into, name);
}

async function keyOf(tarball: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [
    tarball,
    join(REPOSITORY, 'package-lock.json'),
    join(REPOSITORY, 'lab/image/app-disk.sh'),
  ]) {
    hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function build(tarball: string, scratch: string, disk: string): Promise<void> {
  const started = Date.now();
  const app = join(scratch, 'app');
  await mkdir(app);
  await writeFile(join(app, 'package.json'), '{ "private": true }\n');
  await must('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline', tarball], {
    cwd: app,
    timeoutMs: INSTALL_LIMIT_MS,
  });
  await pruneForeignNatives(app);
  await must(join(REPOSITORY, 'lab/image/app-disk.sh'), [app, disk], { timeoutMs: INSTALL_LIMIT_MS });
  console.error(
    `lab: the product's disk was built in ${Math.round((Date.now() - started) / 1000)} s: ${disk}`,
  );
}

async function pruneForeignNatives(app: string): Promise<void> {
  const releases = join(app, 'node_modules/@temporalio/core-bridge/releases');
  for (const platform of await readdir(releases)) {
    if (platform !== HOST_NATIVE) await rm(join(releases, platform), { recursive: true });
  }
}

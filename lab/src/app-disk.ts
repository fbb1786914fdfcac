/** The product as the Debian package installs it, put on a read-only disk. */
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { atExit } from './exit';
import { REPOSITORY, labCacheFolder } from './image';
import { must } from './shell';

const BUILD_LIMIT_MS = 10 * 60_000;

/** Path of the ext4 disk; made anew when anything on it has changed. */
export async function appDisk(): Promise<string> {
  const cache = labCacheFolder();
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, '.app-'));
  const forget = atExit(() => rmSync(scratch, { recursive: true, force: true }));
  try {
    for (const script of [['scripts/build.js'], ['packaging/bundle.js', scratch]])
      await must(process.execPath, script, { cwd: REPOSITORY, timeoutMs: BUILD_LIMIT_MS });
    const disk = join(cache, `app-${await keyOf(scratch)}.raw`);
    if (!existsSync(disk)) await makeDisk(scratch, disk);
    return disk;
  } finally {
    await rm(scratch, { recursive: true, force: true });
    forget();
  }
}

/** Of all files in the tree, with their names. */
async function keyOf(tree: string): Promise<string> {
  const hash = createHash('sha256').update(await readFile(DISK_SCRIPT));
  for (const name of (await readdir(tree, { recursive: true })).sort()) {
    const path = join(tree, name);
    if ((await stat(path)).isFile())
      hash
        .update(name)
        .update('\0')
        .update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 16);
}

const DISK_SCRIPT = join(REPOSITORY, 'lab/image/app-disk.sh');

async function makeDisk(tree: string, disk: string): Promise<void> {
  const started = Date.now();
  await must(DISK_SCRIPT, [tree, disk], { timeoutMs: BUILD_LIMIT_MS });
  console.error(
    `lab: the product's disk was built in ${Math.round((Date.now() - started) / 1000)} s: ${disk}`,
  );
}

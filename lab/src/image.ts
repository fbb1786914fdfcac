/** The image that the hosts boot from: built by lab/image/build.sh, or taken from its cache. */
import { join, resolve } from 'node:path';
import { cacheFolder } from '../../src/files/cache-folder';
import { must } from './shell';

export const REPOSITORY = resolve(__dirname, '../..');

const BUILD_LIMIT_MS = 20 * 60_000;

/** Where built images and app disks are kept; the same rule as in lab/image/build.sh. */
export function labCacheFolder(): string {
  return process.env.VGPU_FERRY_LAB_CACHE || join(cacheFolder(), 'lab');
}

/** Folder with root.raw, vmlinuz, initrd.img and the ssh key `id`. `packaged`: of hosts that boot systemd. */
export async function hostImage(variant: 'plain' | 'packaged' = 'plain'): Promise<string> {
  const printed = await must(join(REPOSITORY, 'lab/image/build.sh'), [variant], {
    timeoutMs: BUILD_LIMIT_MS,
    showStderr: true,
    env: { VGPU_FERRY_LAB_CACHE: labCacheFolder() },
  });
  return printed.trim();
}

/** The image that the hosts boot from: built by lab/image/build.sh, or taken from its cache. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { must } from './shell';

export const REPOSITORY = resolve(__dirname, '../..');

const BUILD_LIMIT_MS = 20 * 60_000;

/** Where built images and app disks are kept; the same rule as in lab/image/build.sh. */
export function cacheFolder(): string {
  const { VGPU_FERRY_LAB_CACHE, XDG_CACHE_HOME } = process.env;
  return VGPU_FERRY_LAB_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'vgpu-ferry/lab');
}

/** Folder with root.raw, vmlinuz, initrd.img and the ssh key `id`. `packaged`: of hosts that boot systemd. */
export async function hostImage(variant: 'plain' | 'packaged' = 'plain'): Promise<string> {
  const printed = await must(join(REPOSITORY, 'lab/image/build.sh'), [variant], {
    timeoutMs: BUILD_LIMIT_MS,
    showStderr: true,
    env: { VGPU_FERRY_LAB_CACHE: cacheFolder() },
  });
  return printed.trim();
}

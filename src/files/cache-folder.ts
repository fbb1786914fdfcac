/** Where programs and images are kept that are fetched or built once. */
import os from 'node:os';
import path from 'node:path';

/** In the user's caches, by the XDG base directory specification: a variable that is empty counts as not set. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const caches = env.XDG_CACHE_HOME || path.join(env.HOME || os.homedir(), '.cache');
  return path.join(caches, 'vgpu-ferry');
}

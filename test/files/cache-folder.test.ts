/** The folder of what is fetched or built once. */
import os from 'node:os';
import path from 'node:path';
import { cacheFolder } from '../../src/files/cache-folder';

const HOME = '/home/alice';

test.each<[string, NodeJS.ProcessEnv, string]>([
  ['the one that the user names', { HOME, XDG_CACHE_HOME: '/var/caches' }, '/var/caches/vgpu-ferry'],
  ['an empty name is none', { HOME, XDG_CACHE_HOME: '' }, '/home/alice/.cache/vgpu-ferry'],
  ['no name: in the home folder', { HOME }, '/home/alice/.cache/vgpu-ferry'],
  ['no home folder named: the system knows it', {}, path.join(os.homedir(), '.cache', 'vgpu-ferry')],
])('%s', (_what, env, folder) => expect(cacheFolder(env)).toBe(folder));

/** This program's version. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** From the package's own package.json: the nearest one above this file, compiled or not. */
export function version(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

/** `npm run lab:down`: ends the hosts that `npm run lab:up` left running. */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { keptLabFile } from './kept';
import { Lab } from './lab';

async function main(): Promise<void> {
  const file = keptLabFile();
  const stateFile = await readFile(file, 'utf8').catch(() => undefined);
  if (stateFile === undefined) {
    console.log('lab: no lab is up');
    return;
  }
  if (existsSync(stateFile)) await (await Lab.attach(stateFile)).stop();
  await rm(file);
  console.log('lab: the hosts are down');
}

main().catch((error: unknown) => {
  console.error(`lab: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});

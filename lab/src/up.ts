/** `npm run lab:up`: boots two hosts and leaves them running, for a look round and for trying things by hand. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { labCacheFolder } from './image';
import { keptLabFile } from './kept';
import { Lab } from './lab';

async function main(): Promise<void> {
  const file = keptLabFile();
  if (existsSync(file))
    throw new Error('a lab is up already (or its end was not clean): run "npm run lab:down" first');
  const lab = await Lab.up();
  await mkdir(labCacheFolder(), { recursive: true });
  await writeFile(file, lab.stateFile);
  for (const host of [lab.a, lab.b]) {
    console.log(`\n${host.name}  (from the other host: ${host.peerUri})`);
    console.log(`  ${host.sshCommandLine()}`);
    console.log(`  virsh -c ${host.libvirtUri} list --all`);
  }
  console.log(`\nTo run the tests on these hosts:  VGPU_FERRY_LAB=${lab.stateFile} npm run lab:e2e`);
  console.log('To end them:                      npm run lab:down');
}

main().catch((error: unknown) => {
  console.error(`lab: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});

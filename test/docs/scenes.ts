/** What must be there while a block runs, beside the demo's fleet: its comment `while: …` names it. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { LIVE_MIGRATE_VGPU, migrationWorkflowId } from '../../src/contract';
import { migrationOf } from '../../src/temporal/migrations';
import { snapshot } from '../../src/temporal/snapshot';
import type { Ferry } from '../support/ferry';
import { mtlsProxy, tlsFile } from '../support/temporal-proxies';
import { until } from '../support/until';
import type { Waits } from '../temporal/stuck-workflows';
import { layOutFiles } from './sandbox';

/** Temporal's address in the documents. */
const ADDRESS = 'temporal.example:7233';

/** A migration of that guest that waits for nothing; gone afterwards, if the block has not mended it. */
export async function withStuckMigration<T>(
  { client, connection }: Ferry,
  guest: string,
  act: () => Promise<T>,
): Promise<T> {
  const taskQueue = 'stuck';
  const worker = await Worker.create({
    ...{ connection, taskQueue, activities: { step: () => Promise.resolve() } },
    workflowsPath: require.resolve('../temporal/stuck-workflows'),
  });
  const args: [Waits] = ['for nothing'];
  return worker.runUntil(async () => {
    await client.workflow.start(LIVE_MIGRATE_VGPU, {
      ...{ taskQueue, workflowId: migrationWorkflowId(guest), args },
    });
    const migration = migrationOf(client, guest);
    await until(async () => (await snapshot(migration)).trouble !== null);
    try {
      return await act();
    } finally {
      await migration.terminate().catch(() => undefined); // the block may have had it end
    }
  });
}

/**
 * Temporal behind a proxy that lets in who has a certificate. The files that the documents name lie below `root`. Refuses what has
 * come without them.
 */
export async function overMutualTls<T>(
  temporal: string,
  root: string,
  document: string,
  act: (toProxy: (text: string) => string) => Promise<T>,
): Promise<T> {
  const proxy = await mtlsProxy(temporal);
  const toProxy = (text: string): string => text.replaceAll(ADDRESS, proxy.address);
  try {
    layOutCertificates(root);
    layOutFiles(root, document, toProxy);
    const done = await act(toProxy);
    if (proxy.serials.length === 0) throw new Error('nobody came with a certificate');
    return done;
  } finally {
    await proxy.close();
  }
}

function layOutCertificates(root: string): void {
  const folder = join(root, 'etc/vgpu-ferry');
  mkdirSync(folder, { recursive: true });
  copyFileSync(tlsFile('authority.pem'), join(folder, 'temporal-ca.pem'));
  for (const kind of ['pem', 'key'])
    copyFileSync(tlsFile(`client.${kind}`), join(folder, `temporal-client.${kind}`));
}

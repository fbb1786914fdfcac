/** After the tests: everything that the setup started is ended. */
import { appendFileSync } from 'node:fs';
import type { LabHost } from './host';

export default async function tearDown(): Promise<void> {
  const session = globalThis.labSession;
  if (session === undefined) return;
  for (const host of [session.lab.a, session.lab.b]) await tellIfEnded(host);
  await session.end();
}

/** A host that is gone before it is stopped explains what has failed, and whoever started the tests may make them again. */
async function tellIfEnded(host: LabHost): Promise<void> {
  if (!host.hasEnded()) return;
  console.error(`lab: ${host.name} has ended by itself. ${await host.consoleTail()}`);
  const file = process.env.VGPU_FERRY_LAB_ENDED;
  if (file !== undefined) appendFileSync(file, `${host.name}\n`);
}

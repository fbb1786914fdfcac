/** `vgpu-ferry watch`: a migration that runs already. */
import type { Command } from 'commander';
import { connectClient } from '../../temporal/connection';
import { findMigration } from '../../temporal/migrations';
import { guestNamed } from '../../temporal/named-guest';
import { followToEnd } from '../follow-to-end';

const HELP = `
Exit status: 0 done; 1 failed, the guest is where it was, or no such migration; 2 usage; 3 aborted; 4 a person has to look;
5 Temporal cannot be reached; 130 stopped watching.`;

export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .summary('follow a running migration')
    .description("Follows a guest's migration to its end; Ctrl-C stops watching, the migration goes on.")
    .argument('<guest>', "the guest's name or UUID")
    .option('--json', 'print the outcome as JSON, and nothing else')
    .addHelpText('after', HELP)
    .action(watch);
}

async function watch(named: string, options: { json?: boolean }): Promise<void> {
  const client = await connectClient();
  try {
    const guest = await guestNamed(client, named, 'look');
    await followToEnd(await findMigration(client, guest), guest, options);
  } finally {
    await client.connection.close();
  }
}

/** `vgpu-ferry watch`: a migration that runs already. */
import type { Command } from 'commander';
import { connectClient } from '../../temporal/connection';
import { findMigration } from '../../temporal/migrations';
import { followToEnd } from '../follow-to-end';
import { guestUuid } from '../guest-uuid';

export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .summary('follow a running migration')
    .description("Follows a guest's migration to its end; Ctrl-C stops watching, the migration goes on.")
    .argument('<guest>', "the guest's UUID", guestUuid)
    .option('--json', 'print the outcome as JSON, and nothing else')
    .action(async (guest: string, options: { json?: boolean }) => {
      const client = await connectClient();
      await findMigration(client, guest)
        .then((handle) => followToEnd(handle, guest, options))
        .finally(() => client.connection.close());
    });
}

/** `vgpu-ferry watch` and `abort`: a migration that runs already. */
import type { Command } from 'commander';
import { isUuid } from '../../contract';
import { connectClient } from '../../temporal/connection';
import { abortMigration, findMigration } from '../../temporal/migrations';
import { UsageError } from '../errors';
import { followToEnd } from '../follow-to-end';

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

export function addAbortCommand(program: Command): void {
  program
    .command('abort')
    .summary('abort a running migration')
    .description(
      'Asks for the abort of a migration: the guest stays on its source and everything is undone. After the switchover there is no way back; then the migration completes and says so.',
    )
    .argument('<guest>', "the guest's UUID", guestUuid)
    .action(async (guest: string) => {
      const client = await connectClient();
      await abortMigration(client, guest).finally(() => client.connection.close());
      console.log(`Abort asked for. See how it ends: vgpu-ferry watch ${guest}`);
    });
}

function guestUuid(text: string): string {
  const uuid = text.toLowerCase();
  if (!isUuid(uuid)) throw new UsageError(`guest: found ${JSON.stringify(text)}, required a UUID`);
  return uuid;
}

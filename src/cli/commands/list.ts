/** `vgpu-ferry list`: the migrations that Temporal knows. */
import type { Command } from 'commander';
import { connectClient } from '../../temporal/connection';
import { listMigrations } from '../../temporal/list-migrations';
import { migrationsTable } from '../render-list';
import { wholeNumberAboveZero } from '../whole-number';

interface ListOptions {
  running?: boolean;
  attention?: boolean;
  limit: number;
  json?: boolean;
}

const HELP = `
Examples:
  vgpu-ferry list
  vgpu-ferry list --running
  vgpu-ferry list --attention --json | jq -r '.[].guest'

Ended migrations are known for as long as Temporal's namespace retains them.

Exit status: 0 shown; 2 usage; 5 Temporal cannot be reached.`;

export function addListCommand(program: Command): void {
  program
    .command('list')
    .summary('show migrations, running and ended')
    .description(
      'Shows the migrations that Temporal knows, whoever started them: running ones first, then the latest.',
    )
    .option('--running', 'only those that have not ended')
    .option('--attention', 'only those that wait for a person')
    .option('--limit <n>', 'at most so many', wholeNumberAboveZero, 20)
    .option('--json', 'print them as JSON, and nothing else')
    .addHelpText('after', HELP)
    .action(list);
}

async function list({ running, attention, limit, json }: ListOptions): Promise<void> {
  const client = await connectClient();
  try {
    const filter = { running: running === true, attention: attention === true, limit };
    const migrations = await listMigrations(client, filter);
    console.log(json ? JSON.stringify(migrations, null, 2) : migrationsTable(migrations, Date.now()));
  } finally {
    await client.connection.close();
  }
}

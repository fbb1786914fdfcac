/** `vgpu-ferry list`: the migrations that Temporal knows. */
import type { Command } from 'commander';
import { connectClient } from '../../temporal/connection';
import { type LabelFilter, listMigrations } from '../../temporal/list-migrations';
import { guestUuid } from '../guest-uuid';
import { hostId } from '../host-id';
import { printJson } from '../json';
import { migrationsTable } from '../render-list';
import { wholeNumberAboveZero } from '../whole-number';
import { say } from '../say';

interface ListOptions extends Partial<Record<keyof typeof LABELS, string>> {
  running?: boolean;
  attention?: boolean;
  limit: number;
  json?: boolean;
}

/** Options that ask for a search attribute. */
const LABELS = {
  guest: 'guest',
  from: 'source',
  to: 'destination',
  type: 'vgpuTypes',
  outcome: 'outcome',
} as const satisfies Record<string, LabelFilter>;

const HELP = `
Examples:
  vgpu-ferry list
  vgpu-ferry list --running --from host-a
  vgpu-ferry list --outcome MigrationTimedOut
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
    .option('--guest <uuid>', 'only those of this guest', guestUuid)
    .option('--from <host>', 'only those that leave, or left, this host', hostId)
    .option('--to <host>', 'only those that go, or went, to this host', hostId)
    .option('--type <mdev type>', 'only those of guests with a vGPU of this type')
    .option('--outcome <outcome>', "only those that ended so: 'completed', or an error's type")
    .option('--limit <n>', 'at most so many', wholeNumberAboveZero, 20)
    .option('--json', 'print them as JSON, and nothing else')
    .addHelpText('after', HELP)
    .action(list);
}

async function list(options: ListOptions): Promise<void> {
  const { running, attention, limit, json } = options;
  const client = await connectClient();
  try {
    const labels = labelsOf(options);
    const filter = { running: running === true, attention: attention === true, labels, limit };
    const migrations = await listMigrations(client, filter);
    if (json) printJson('list', migrations);
    else say(migrationsTable(migrations, Date.now()));
  } finally {
    await client.connection.close();
  }
}

function labelsOf(options: ListOptions): Partial<Record<LabelFilter, string>> {
  const asked = (Object.keys(LABELS) as (keyof typeof LABELS)[]).filter(
    (option) => options[option] !== undefined,
  );
  return Object.fromEntries(asked.map((option) => [LABELS[option], options[option]]));
}

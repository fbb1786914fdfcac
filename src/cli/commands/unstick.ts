/** `vgpu-ferry unstick`: gets a migration going again that a fault of Temporal's SDK has stopped. */
import type { Command } from 'commander';
import { connectClient } from '../../temporal/connection';
import { guestNamed } from '../../temporal/named-guest';
import { type Unstuck, unstick } from '../../temporal/unstick';
import { printJson } from '../json';
import { say } from '../say';

interface UnstickOptions {
  dryRun?: boolean;
  json?: boolean;
}

const HELP = `
It is known by its very traces in the migration's history; a migration that stands still for another reason is not touched. What the
hosts do is not undone: the workflow is set back by one of its own tasks, and goes on from there. A command that met the fault is given to
it again, an abort included. One that has done further steps since the fault is refused: doing them twice would not be safe.

Examples:
  vgpu-ferry unstick 6a1b2c3d-0000-4000-8000-000000000001 --dry-run
  vgpu-ferry unstick 6a1b2c3d-0000-4000-8000-000000000001

Exit status: 0 set back (or would be); 1 not stuck, the message says what is known; 2 usage; 5 Temporal cannot be reached.`;

export function addUnstickCommand(program: Command): void {
  program
    .command('unstick')
    .summary('get a migration going again that Temporal has lost the thread of')
    .description(
      "Temporal's SDK has a rare fault that stops a workflow for good. This sets such a migration back to just before it.",
    )
    .argument('<guest>', "the guest's name or UUID")
    .option('--dry-run', 'only say whether it is stuck')
    .option('--json', 'print it as JSON, and nothing else')
    .addHelpText('after', HELP)
    .action(run);
}

async function run(named: string, { dryRun = false, json }: UnstickOptions): Promise<void> {
  const client = await connectClient();
  try {
    const guest = await guestNamed(client, named, 'act');
    const answer = await unstick(client, guest, { look: dryRun });
    if (json) printJson('unstick', answer);
    else say(inWords(guest, answer));
  } finally {
    await client.connection.close();
  }
}

function inWords(guest: string, { why, setBackTo, abortAskedAgain, run: goesOn }: Unstuck): string {
  const found = `The migration of guest ${guest} is stuck: ${why}.`;
  if (goesOn === null)
    return `${found}\nIt would be set back to its workflow task that ended with event ${setBackTo}: vgpu-ferry unstick ${guest}`;
  const abort = abortAskedAgain ? '\nThe abort that had been asked for was asked for again.' : '';
  return `${found}\nIt was set back, and goes on as run ${goesOn}.${abort} Follow it with: vgpu-ferry watch ${guest}`;
}

/** `vgpu-ferry report`: a migration's whole story, from its history. */
import type { Command } from 'commander';
import { readStory, storyPage } from '../../report';
import { connectClient } from '../../temporal/connection';
import { findMigration } from '../../temporal/migrations';
import { guestNamed } from '../../temporal/named-guest';
import { decoder } from '../../temporal/payloads';
import { printJson } from '../json';
import { writeOutput } from '../output-file';
import { storyText } from '../render-report';
import { say } from '../say';

interface ReportOptions {
  run?: string;
  html?: string;
  json?: boolean;
}

const HELP = `
Examples:
  vgpu-ferry report workstation-7
  vgpu-ferry report 6a1b2c3d-0000-4000-8000-000000000001 --html story.html
  vgpu-ferry report 6a1b2c3d-0000-4000-8000-000000000001 --json | jq '.chapters[] | select(.outcome == "failed")'

The story is told for as long as Temporal's namespace retains the history; one that is under way is told so far.

Exit status: 0 told; 1 no such migration; 2 usage, or the file cannot be written; 5 Temporal cannot be reached.`;

export function addReportCommand(program: Command): void {
  program
    .command('report')
    .summary("tell a migration's whole story")
    .description(
      'Tells what was checked, which devices were chosen, what was done on which host and how long it took, what was decided and why, and how it ended.',
    )
    .argument('<guest>', "the guest's name or UUID")
    .option(
      '--run <id>',
      'run id of an earlier migration of this guest (see list --json); default: the latest',
    )
    .option('--html <file>', 'write it as one HTML page, with a picture of the time')
    .option('--json', 'print it as JSON, and nothing else')
    .addHelpText('after', HELP)
    .action(report);
}

async function report(named: string, { run, html, json }: ReportOptions): Promise<void> {
  const client = await connectClient();
  try {
    const handle = await findMigration(client, await guestNamed(client, named, 'look'), run);
    const { workflowId, runId } = await handle.describe();
    const story = await readStory({ workflowId, runId }, await handle.fetchHistory(), decoder(client));
    if (html !== undefined) await writeOutput('--html', html, storyPage(story));
    if (json) printJson('report', story);
    else if (html === undefined) say(storyText(story));
    else say(`Written to ${html}`);
  } finally {
    await client.connection.close();
  }
}

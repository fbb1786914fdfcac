/** `vgpu-ferry migrate`: start a migration and follow it. */
import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { type MigrationInput, checkMigrationInput } from '../../contract';
import { connectClient } from '../../temporal/connection';
import { dryRun } from '../../temporal/dry-run';
import { startMigration } from '../../temporal/migrations';
import { guestOn } from '../../temporal/named-guest';
import { UsageError } from '../errors';
import { ExitCode } from '../exit-codes';
import { followToEnd } from '../follow-to-end';
import { printJson } from '../json';
import { type PolicyOptions, addPolicyOptions, policyOf } from '../policy-options';
import { dryRunReport } from '../render-dry-run';
import { say } from '../say';

interface MigrateOptions extends PolicyOptions {
  from: string;
  to: string;
  json?: boolean;
  detach?: boolean;
  dryRun?: boolean;
}

const ANY_GUEST = '00000000-0000-0000-0000-000000000000';

const HELP = `
Examples:
  vgpu-ferry migrate workstation-7 --from host-a --to host-b
  vgpu-ferry migrate 6a1b2c3d-0000-4000-8000-000000000001 --from host-a --to host-b --max-downtime 2000
  vgpu-ferry migrate workstation-7 --from host-a --to host-b --dry-run
  vgpu-ferry migrate workstation-7 --from host-a --to host-b --json | jq .result.runsOn

Ctrl-C stops watching; the migration goes on. Abort it with: vgpu-ferry abort <guest>

Exit status: 0 done, or ready (--dry-run); 1 failed, or not ready: the guest is where it was; 2 usage; 3 aborted; 4 a
person has to look; 5 Temporal cannot be reached; 130 stopped watching.`;

export function addMigrateCommand(program: Command): void {
  const migrateCommand = program
    .command('migrate')
    .summary('move a guest to another host')
    .description(
      'Live-migrates a running guest with its mediated devices. Either it runs on the destination in the end, or it stays where it was and nothing is left behind.',
    )
    .argument('<guest>', "the guest's name or UUID")
    .requiredOption('--from <host>', 'host that the guest runs on')
    .requiredOption('--to <host>', 'host that it shall run on')
    .option(
      '--dry-run',
      'make all checks on both hosts and show what they found; nothing is started or touched',
    )
    .option('--detach', 'start it and return')
    .option('--json', 'print the outcome as JSON, and nothing else')
    .addHelpText('after', HELP)
    .action(migrate);
  addPolicyOptions(migrateCommand);
}

async function migrate(guest: string, options: MigrateOptions): Promise<void> {
  toInput(ANY_GUEST, options); // what is wrong in the options is said before anything is asked of a server
  const client = await connectClient();
  try {
    const input = toInput(await guestOn(client, options.from, guest), options);
    if (options.dryRun) return await showDryRun(client, input, options.json);
    const handle = await startMigration(client, input);
    if (options.detach) return sayStarted(handle.workflowId, input.guest, options.json);
    await followToEnd(handle, input.guest, options);
  } finally {
    await client.connection.close();
  }
}

async function showDryRun(client: Client, input: MigrationInput, json: boolean | undefined): Promise<void> {
  const report = await dryRun(client, input);
  if (json) printJson('migrate --dry-run', report);
  else say(dryRunReport(report));
  if (!report.ready) process.exitCode = ExitCode.FailedSafe;
}

function toInput(guest: string, options: MigrateOptions): MigrationInput {
  const policy = policyOf(options);
  const input: MigrationInput = {
    guest,
    source: options.from,
    destination: options.to,
    ...(Object.keys(policy).length > 0 && { policy }),
  };
  const checked = checkMigrationInput(input);
  if (!checked.ok) throw new UsageError(checked.problems.join('\n'));
  return input;
}

function sayStarted(workflowId: string, guest: string, json: boolean | undefined): void {
  if (json) printJson('migrate --detach', { workflowId, guest });
  else say(`Started ${workflowId}. Follow it with: vgpu-ferry watch ${guest}`);
}

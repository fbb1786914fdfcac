/** `vgpu-ferry abort`, `force-complete`, `set` and `resolve`: commands to a migration that runs. */
import { type Command as Program, Option } from 'commander';
import type { Client } from '@temporalio/client';
import { type Command, type CommandAnswer, COMMAND_ARGUMENTS } from '../../contract';
import { abortMigration, command, commandInTurn } from '../../temporal/commands';
import { connectClient } from '../../temporal/connection';
import { guestNamed } from '../../temporal/named-guest';
import { UsageError } from '../errors';
import { printJson } from '../json';
import { wholeNumber } from '../whole-number';
import { say } from '../say';

interface Output {
  json?: boolean;
}

const STATUSES = `
Exit status: 0 taken; 1 refused, the message says why; 2 usage; 5 Temporal cannot be reached.`;

const AS_JSON = ['--json', 'print the answer as JSON: {applied, note}'] as const;

export function addAbortCommand(program: Program): void {
  program
    .command('abort')
    .summary('abort a running migration')
    .description(
      'Ends a migration: the guest stays on its source and everything is undone. After the switchover there is no way back; then the command is refused.',
    )
    .argument('<guest>', "the guest's name or UUID")
    .option(...AS_JSON)
    .addHelpText('after', STATUSES)
    .action((guest: string, output: Output) => ask(guest, output, abortMigration));
}

export function addForceCompleteCommand(program: Program): void {
  program
    .command('force-complete')
    .summary('let a migration complete that does not converge')
    .description(
      "Raises the maximum downtime, so that QEMU stops the guest and completes. The guest's user may notice the stop. The guest is never suspended for it: a vGPU would go on writing.",
    )
    .argument('<guest>', "the guest's name or UUID")
    .option(
      '--max-downtime <ms>',
      "instead of the policy's forceCompleteDowntimeMs (default 30000)",
      wholeNumber,
    )
    .option(...AS_JSON)
    .addHelpText('after', STATUSES)
    .action((guest: string, { maxDowntime, ...output }: Output & { maxDowntime?: number }) =>
      send(guest, output, 'forceComplete', maxDowntime === undefined ? {} : { maxDowntimeMs: maxDowntime }),
    );
}

const SET_HELP = `
Examples:
  vgpu-ferry set workstation-7 --max-downtime 2000
  vgpu-ferry set 6a1b2c3d-0000-4000-8000-000000000001 --bandwidth 500
${STATUSES}`;

export function addSetCommand(program: Program): void {
  program
    .command('set')
    .summary('change the downtime or the bandwidth of a running migration')
    .description('What is set outranks the policy and its steps, and stays when an agent is restarted.')
    .argument('<guest>', "the guest's name or UUID")
    .option('--max-downtime <ms>', 'longest stop that QEMU may plan for', wholeNumber)
    .option('--bandwidth <MiB/s>', "limit of the migration's traffic; 0 = none", wholeNumber)
    .option(...AS_JSON)
    .addHelpText('after', SET_HELP)
    .action(set);
}

async function set(
  guest: string,
  { maxDowntime, bandwidth, ...output }: Output & { maxDowntime?: number; bandwidth?: number },
): Promise<void> {
  if (maxDowntime === undefined && bandwidth === undefined)
    throw new UsageError('set: found nothing to set, required --max-downtime or --bandwidth');
  const wanted: [Command, object][] = [];
  if (maxDowntime !== undefined) wanted.push(['setMaxDowntime', { maxDowntimeMs: maxDowntime }]);
  if (bandwidth !== undefined) wanted.push(['setBandwidth', { bandwidthMiBps: bandwidth }]);
  for (const [name, argument] of wanted) refuseMalformed(name, argument);
  await ask(guest, output, (client, uuid) => commandInTurn(client, uuid, wanted));
}

const RESOLVE_HELP = `
A migration waits for this when two copies run, or when a host does not answer and nobody can know which copy is the
guest. "vgpu-ferry watch" says what was seen. Look at both hosts before you decide:
  virsh -c <host's URI> domstate --reason <guest>

  --guest-is-on source       the source's copy is the guest; a copy on the destination is ended, also one that runs
  --guest-is-on destination  the other way round
  --fenced host-b            host-b is off (power cut, rebooted) and no copy runs there any more
${STATUSES}`;

export function addResolveCommand(program: Program): void {
  program
    .command('resolve')
    .summary('say where the guest is when nobody can know')
    .description('Decides a migration that waits for a person. The rest is done by what you say, so be sure.')
    .argument('<guest>', "the guest's name or UUID")
    .addOption(
      new Option('--guest-is-on <side>', 'that copy is the guest').choices(['source', 'destination']),
    )
    .option('--fenced <host>', 'that host is off for certain')
    .option(...AS_JSON)
    .addHelpText('after', RESOLVE_HELP)
    .action(
      (guest: string, { guestIsOn, fenced, ...output }: Output & { guestIsOn?: string; fenced?: string }) =>
        send(guest, output, 'resolve', {
          ...(guestIsOn !== undefined && { guestIsOn }),
          ...(fenced !== undefined && { fenced }),
        }),
    );
}

async function send(guest: string, output: Output, name: Command, argument: object): Promise<void> {
  refuseMalformed(name, argument);
  await ask(guest, output, (client, uuid) => command(client, uuid, name, argument));
}

function refuseMalformed(name: Command, argument: object): void {
  const problems = COMMAND_ARGUMENTS[name](argument);
  if (problems.length > 0) throw new UsageError(problems.map((problem) => `${name}: ${problem}`).join('\n'));
}

async function ask(
  named: string,
  { json }: Output,
  question: (client: Client, guest: string) => Promise<CommandAnswer>,
): Promise<void> {
  const client = await connectClient();
  try {
    const guest = await guestNamed(client, named, 'act');
    const answer = await question(client, guest);
    if (json) printJson('set', answer);
    else say(`${answer.note}\nFollow it with: vgpu-ferry watch ${guest}`);
  } finally {
    await client.connection.close();
  }
}

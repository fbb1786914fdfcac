/** `vgpu-ferry hosts`, `guests` and `claims`: what the agents tell of their hosts. */
import type { Command } from 'commander';
import type { HostInventory } from '../../contract';
import { connectClient } from '../../temporal/connection';
import { type HostAnswer, askHosts, knownHosts } from '../../temporal/hosts';
import { ExitCode } from '../exit-codes';
import { hostId } from '../host-id';
import { type Unanswered, printJson } from '../json';
import { claimsTable, guestsTable, hostsTable, unanswered } from '../render-inventory';
import { say } from '../say';

interface Output {
  json?: boolean;
}

const STATUSES = `
Without a name: all hosts whose agent has made its schedule of sweeps here, or has polled in the last minutes.

Exit status: 0 shown; 2 usage; 5 a host that was named does not answer, or Temporal cannot be reached.`;

export function addHostsCommand(program: Command): void {
  reading(program, 'hosts')
    .summary('show the hosts: who answers, versions, mdev types and what is left of them')
    .description(
      'Shows which agents answer, with the versions of their hosts, and of each mdev type how many devices are free, can still be made, are used, claimed or in quarantine. "can be made" is what the parents say of each type alone.',
    )
    .addHelpText('after', STATUSES)
    .action((hosts: string[], { json }: Output) =>
      show(hosts, (answers) => {
        if (json) printJson('hosts', answers);
        else say(hostsTable(answers));
      }),
    );
}

export function addGuestsCommand(program: Command): void {
  reading(program, 'guests')
    .summary('show the guests of the hosts, with their mdevs')
    .description('Shows all guests, running or off, with their mediated devices and the types of those.')
    .addHelpText('after', STATUSES)
    .action((hosts: string[], { json }: Output) =>
      show(hosts, (answers) => {
        if (json)
          printJson('guests', { guests: gathered(answers, 'guests'), unanswered: silentOnes(answers) });
        else say(withUnanswered(answers, guestsTable(inventoriesOf(answers))));
      }),
    );
}

export function addClaimsCommand(program: Command): void {
  reading(program, 'claims')
    .summary('show the ledgers: claimed devices, devices that we made, quarantine')
    .description(
      'Shows what the ledgers of the hosts hold. claimed: for a migration under way; created: made by us for a guest that has arrived; in quarantine: never handed out until a person has looked after it.',
    )
    .addHelpText('after', STATUSES)
    .action((hosts: string[], { json }: Output) =>
      show(hosts, (answers) => {
        if (json)
          printJson('claims', { records: gathered(answers, 'records'), unanswered: silentOnes(answers) });
        else say(withUnanswered(answers, claimsTable(inventoriesOf(answers))));
      }),
    );
}

function reading(program: Command, name: string): Command {
  return program
    .command(name)
    .argument('[host...]', 'host ids', hostIds)
    .option('--json', 'print it as JSON, and nothing else');
}

async function show(named: string[], print: (answers: HostAnswer[]) => void): Promise<void> {
  const client = await connectClient();
  try {
    const answers = await askHosts(client, named.length > 0 ? named : await knownHosts(client));
    print(answers);
    if (named.length > 0 && answers.some((answer) => !answer.answers))
      process.exitCode = ExitCode.Unavailable;
  } finally {
    await client.connection.close();
  }
}

function inventoriesOf(answers: readonly HostAnswer[]): HostInventory[] {
  return answers.flatMap((answer) => (answer.answers ? [answer.inventory] : []));
}

/** Each with its host. */
function gathered<Part extends 'guests' | 'records'>(
  answers: readonly HostAnswer[],
  part: Part,
): ({ host: string } & HostInventory[Part][number])[] {
  return inventoriesOf(answers).flatMap((inventory) =>
    inventory[part].map((one: HostInventory[Part][number]) => ({ host: inventory.host, ...one })),
  );
}

/** The hosts of which nothing is known. */
function silentOnes(answers: readonly HostAnswer[]): Unanswered[] {
  return answers.flatMap((answer) => (answer.answers ? [] : [{ host: answer.host, found: answer.found }]));
}

function withUnanswered(answers: readonly HostAnswer[], table: string): string {
  return [table, unanswered(answers)].filter(Boolean).join('\n\n');
}

function hostIds(text: string, before: string[] | undefined): string[] {
  return [...(before ?? []), hostId(text)];
}

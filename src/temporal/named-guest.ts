/** A guest that a person named, for commands that are not told a host. */
import type { Client } from '@temporalio/client';
import { isUuid } from '../contract';
import { type HostAnswer, askHosts, knownHosts } from './hosts';
import { MigrationError } from './migrations';

/** Its UUID as it is; of a name, what the agents of all known hosts find. One that moves is on two hosts, and is one guest. */
export async function guestNamed(client: Client, text: string): Promise<string> {
  const uuid = text.toLowerCase();
  if (isUuid(uuid)) return uuid;
  return theOne(text, await askHosts(client, await knownHosts(client)));
}

function theOne(name: string, answers: readonly HostAnswer[]): string {
  const found = new Set(
    answers.flatMap((answer) =>
      answer.answers
        ? answer.inventory.guests.filter((guest) => guest.name === name).map(({ uuid }) => uuid)
        : [],
    ),
  );
  const [uuid] = found;
  if (uuid !== undefined && found.size === 1) return uuid;
  const silent = answers.flatMap((answer) => (answer.answers ? [] : [answer.host]));
  const unasked = silent.length === 0 ? '' : ` Not asked, for no agent answers there: ${silent.join(', ')}.`;
  const what =
    found.size === 0
      ? `No host has a guest with the name ${JSON.stringify(name)}.${unasked}`
      : `${found.size} guests have the name ${JSON.stringify(name)}: ${[...found].join(', ')}.`;
  throw new MigrationError(`${what} Name it by its UUID; see: vgpu-ferry guests, vgpu-ferry list`);
}

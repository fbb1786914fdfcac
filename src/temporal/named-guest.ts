/** A guest that a person named, by its UUID or by its name. */
import type { Client } from '@temporalio/client';
import { isUuid } from '../contract';
import { type HostAnswer, askHosts, knownHosts } from './hosts';
import { MigrationError, findGuest } from './migrations';

/** `look`: only to tell of it. `act`: then a host that does not answer might have another of that name, and only a UUID will do. */
export type Purpose = 'look' | 'act';

/**
 * For a command that is told no host. Its UUID as it is; of a name, what the agents of all known hosts find. One that moves is on
 * two hosts, and is one guest.
 */
export async function guestNamed(client: Client, text: string, purpose: Purpose): Promise<string> {
  return uuidIn(text) ?? theOne(text, purpose, await askHosts(client, await knownHosts(client)));
}

/** For a command that is told the host: its agent alone is asked, whatever others of that name there are, and whoever is silent. */
export async function guestOn(client: Client, host: string, text: string): Promise<string> {
  return uuidIn(text) ?? findGuest(client, host, text);
}

function uuidIn(text: string): string | undefined {
  const uuid = text.toLowerCase();
  return isUuid(uuid) ? uuid : undefined;
}

function theOne(name: string, purpose: Purpose, answers: readonly HostAnswer[]): string {
  const found = new Set(
    answers.flatMap((answer) =>
      answer.answers
        ? answer.inventory.guests.filter((guest) => guest.name === name).map(({ uuid }) => uuid)
        : [],
    ),
  );
  const silent = answers.flatMap((answer) => (answer.answers ? [] : [`${answer.host} (${answer.found})`]));
  const [uuid] = found;
  if (uuid !== undefined && found.size === 1 && (purpose === 'look' || silent.length === 0)) return uuid;
  const quoted = JSON.stringify(name);
  const what =
    found.size === 0
      ? `No host has a guest with the name ${quoted}`
      : `Of the name ${quoted} found: ${[...found].join(', ')}`;
  const unseen = silent.length === 0 ? '' : ` Hosts that did not tell: ${silent.join('; ')}.`;
  throw new MigrationError(
    `${what}.${unseen} Nothing was done; name the guest by its UUID (vgpu-ferry guests, vgpu-ferry list).`,
  );
}

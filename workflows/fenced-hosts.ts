/** Steps that wait for a host as long as it takes, unless an operator says that it is off. */
import { condition } from '@temporalio/workflow';
import type { Commands } from './commands';
import type { Host } from './host';
import type { Journal } from './journal';

export interface Waits {
  journal: Journal;
  commands: Commands;
}

/** `without`: what comes of it when the host is off for good. */
export async function unlessFenced(
  { journal, commands }: Waits,
  host: Host,
  what: string,
  step: () => Promise<string[]>,
  without: (host: Host, what: string) => string[],
): Promise<string[]> {
  journal.waitFor(`${host.name} to ${what}`, [host.name]);
  const fenced = async (): Promise<string[]> => {
    await condition(() => commands.saidToBeOff === host.name);
    return without(host, what);
  };
  try {
    return await Promise.race([step(), fenced()]); // a step that loses ends with the workflow
  } finally {
    journal.waitFor(null);
  }
}

/** A step that nobody waits for any more: the host's next sweep does it. */
export function leftToSweep({ name }: Host, what: string): string[] {
  return [`${name} was said to be off; ${what} was left to its next sweep (ReconcileHost)`];
}

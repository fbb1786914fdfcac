/** Colours for a terminal. */
import { createColors } from 'picocolors';

/**
 * NO_COLOR and FORCE_COLOR have their usual meaning. A build server's log is no terminal, whatever CI says.
 * `isTerminal`: what a stream says of itself; one that is a file says nothing.
 */
export function coloursWanted(env: NodeJS.ProcessEnv, isTerminal: boolean | undefined): boolean {
  if (env.NO_COLOR) return false;
  return Boolean(env.FORCE_COLOR) || (isTerminal === true && env.TERM !== 'dumb');
}

export const pc = createColors(coloursWanted(process.env, process.stdout.isTTY));

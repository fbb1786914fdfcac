/** What each exit status tells, from the comments in src/cli/exit-codes.ts. */
import { Sources } from './shapes';

/** Status and meaning. */
export function exitStatuses(): [status: string, meaning: string][] {
  const known = new Sources(['src/cli/exit-codes.ts']).entries('ExitCode');
  return [
    ...known.map(({ name, value, meaning }): [string, string] => [value!, meaning || `${name}.`]),
    ['130', 'Of "migrate" and "watch": Ctrl-C. The migration goes on.'],
  ];
}

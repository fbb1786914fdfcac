/** A guest named on the command line where only its UUID will do. */
import { isUuid } from '../contract';
import { UsageError } from './errors';

export function guestUuid(text: string): string {
  const uuid = text.toLowerCase();
  if (!isUuid(uuid)) throw new UsageError(`guest: found ${JSON.stringify(text)}, required a UUID`);
  return uuid;
}

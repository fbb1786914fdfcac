/** A host id as an argument. */
import { isHostId } from '../contract';
import { UsageError } from './errors';

export function hostId(text: string): string {
  if (isHostId(text)) return text;
  throw new UsageError(`host: found ${JSON.stringify(text)}, required a host id such as host-b`);
}

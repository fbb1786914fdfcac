/** Where `lab:up` notes the lab that it left running, for `lab:down`. */
import { join } from 'node:path';
import { labCacheFolder } from './image';

export function keptLabFile(): string {
  return join(labCacheFolder(), 'kept-lab');
}

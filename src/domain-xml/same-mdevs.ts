/** A guest's live XML and its persistent one must use the same devices: only then can both be rewritten by one mapping. */
import { readMdevs } from './mdevs';

export interface MdevDifference {
  /** In the running guest, not in its definition. */
  liveOnly: string[];
  /** In its definition, not in the running guest. */
  inactiveOnly: string[];
}

/** Compared as sets: the order may differ. Null if they are the same. */
export function mdevDifference(liveXml: string, inactiveXml: string): MdevDifference | null {
  const live = readMdevs(liveXml);
  const inactive = readMdevs(inactiveXml);
  const liveOnly = live.filter((uuid) => !inactive.includes(uuid));
  const inactiveOnly = inactive.filter((uuid) => !live.includes(uuid));
  return liveOnly.length + inactiveOnly.length === 0 ? null : { liveOnly, inactiveOnly };
}

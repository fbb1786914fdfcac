/** A domain's XML in the forms that it has, without secrets, read side by side. */
import type { Hypervisor } from '../src/hypervisor/port';

/** Null = not wanted, or not there. */
export interface BothForms {
  live: string | null;
  inactive: string | null;
}

/** `running`, `persistent`: which of the two. */
export async function bothForms(
  hypervisor: Hypervisor,
  guest: string,
  { running, persistent }: { running: boolean; persistent: boolean },
): Promise<BothForms> {
  const [live, inactive] = await Promise.all([
    running ? hypervisor.domainXml(guest, 'live') : null,
    persistent ? hypervisor.domainXml(guest, 'inactive') : null,
  ]);
  return { live, inactive };
}

/** Whether a guest runs: its own counter, on its serial line, goes on. */
import { type GuestSpec, serialText } from './guest';
import type { LabHost } from './host';
import type { Trace } from './trace';
import { waitFor, waitUntil } from './wait';

/** Lines that show that it counts: the first may be the rest of one that the switchover cut in two. */
const COUNTS = 5;

/** Waits until it has counted on from now, and answers what was read then: whether it is whole is for the caller to judge. */
export async function goesOnCounting(
  read: () => Promise<Trace>,
  where: string,
  timeoutMs: number,
): Promise<Trace> {
  const { last: before = 0 } = await read();
  const further = async (): Promise<Trace | undefined> => {
    const seen = await read();
    return (seen.last ?? 0) > before ? seen : undefined;
  };
  return waitFor(`the guest to go on counting on ${where}`, further, { timeoutMs });
}

/** Waits until it counts there, from that place of its log on. */
export async function countsFrom(host: LabHost, guest: GuestSpec, from = 0): Promise<void> {
  const counts = async (): Promise<boolean> =>
    (await serialText(host, guest, from)).split('\n').length > COUNTS;
  await waitUntil(`${guest.name} to go on counting on ${host.name}`, counts, { timeoutMs: 30_000 });
}

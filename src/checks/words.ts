/** What was observed of a guest, in words. */
import type { GuestOnHost } from '../contract';

export function describeGuest(guest: GuestOnHost): string {
  if (guest.state === 'absent') return 'the guest is not on this host';
  if (guest.state === 'shut-off')
    return `the guest is ${guest.persistent ? 'defined, ' : ''}shut off (${guest.reason})`;
  return `the guest is ${guest.state} (${guest.reason})${guest.job === 'none' ? '' : `, with ${JOB_WORDS[guest.job]}`}`;
}

const JOB_WORDS = {
  outgoing: 'an outgoing migration',
  incoming: 'an incoming migration',
  other: 'another job',
} as const;

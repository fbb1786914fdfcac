/** `watchGuest`: waits on this host until a guest is seen to be other than it was. */
import { setTimeout as pause } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import type { GuestOnHost, SideObservation } from '../src/contract';
import { HypervisorError } from '../src/hypervisor/port';
import { whileBeating } from './beat';

const POLL_MS = 1_000;

type Look = () => Promise<GuestOnHost>;

export async function watchGuest(look: Look, seen: SideObservation): Promise<GuestOnHost> {
  const context = Context.current();
  const stop = new AbortController();
  try {
    // `cancelled` is asked once only: it keeps all that ever waits for it, and a watch may last for weeks
    const first = (): Promise<GuestOnHost> =>
      Promise.race([lookUntilNews(look, seen, stop.signal), context.cancelled]);
    return await whileBeating(first);
  } finally {
    stop.abort();
  }
}

async function lookUntilNews(look: Look, seen: SideObservation, stop: AbortSignal): Promise<GuestOnHost> {
  for (;;) {
    const now = await answer(look);
    if (now !== undefined && isNews(seen, now)) return now;
    await pause(POLL_MS, undefined, { signal: stop });
  }
}

/** A hypervisor that does not answer is waited for: `undefined`. */
async function answer(look: Look): Promise<GuestOnHost | undefined> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof HypervisorError) return undefined;
    throw error;
  }
}

function isNews(before: SideObservation, now: GuestOnHost): boolean {
  return JSON.stringify(facts(before)) !== JSON.stringify(facts(now));
}

function facts(side: SideObservation): unknown[] {
  switch (side.state) {
    case 'unreachable':
    case 'absent':
      return [side.state];
    case 'shut-off':
      return [side.state, side.reason, side.persistent];
    case 'running':
    case 'paused':
      return [side.state, side.reason, side.persistent, side.job];
  }
}

/** How everyone gets at the fleet: first let happen what is due, then read or change it. */
import type { FleetClock } from './clock';
import type { FleetState } from './state';
import type { FleetStore } from './store';
import { advance } from './timeline';

export interface FleetAccess {
  store: FleetStore;
  clock: FleetClock;
}

export async function readFleet<T>(
  { store, clock }: FleetAccess,
  read: (fleet: FleetState) => T,
): Promise<T> {
  return unwrap(
    await store.update((fleet) => {
      advance(fleet, clock.now());
      return attempt(() => read(fleet));
    }),
  );
}

export async function changeFleet<T>(access: FleetAccess, change: (fleet: FleetState) => T): Promise<T> {
  return readFleet(access, (fleet) => changing(fleet, () => change(fleet)));
}

/** Marks the fleet as changed, so that it is kept and whoever waits looks again. */
export function changing<T>(fleet: FleetState, change: () => T): T {
  fleet.revision++;
  return change();
}

type Attempt<T> = { done: true; value: T } | { done: false; error: unknown };

/** An operation that is refused must not undo what time has done meanwhile, so its error travels past the store as a value. */
function attempt<T>(operation: () => T): Attempt<T> {
  try {
    return { done: true, value: operation() };
  } catch (error) {
    return { done: false, error };
  }
}

function unwrap<T>(result: Attempt<T>): T {
  if (result.done) return result.value;
  throw result.error;
}

/**
 * Waits until `look` returns something, looking again whenever the fleet changes or the time comes that it named.
 * `signal` ends the waiting with its reason.
 */
export async function waitForFleet<T>(
  access: FleetAccess,
  look: (fleet: FleetState) => { value: T } | { lookAgainAt: number | undefined },
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    // Listens before it looks, lest a change between the two be missed.
    const change = nextChange(access, signal);
    try {
      const seen = await readFleet(access, look);
      if ('value' in seen) return seen.value;
      await change.orAt(seen.lookAgainAt);
    } finally {
      change.ignore();
    }
  }
}

function nextChange({ store, clock }: FleetAccess, signal: AbortSignal) {
  let happened: () => void = () => undefined;
  const change = new Promise<void>((resolve) => (happened = resolve));
  const cancel = [store.onChange(happened)];
  signal.addEventListener('abort', happened, { once: true });
  cancel.push(() => signal.removeEventListener('abort', happened));
  return {
    orAt(time: number | undefined): Promise<void> {
      if (time !== undefined) cancel.push(clock.at(time, happened));
      return change;
    },
    ignore: () => cancel.forEach((stop) => stop()),
  };
}

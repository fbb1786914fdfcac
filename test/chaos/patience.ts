/** Waiting with a limit, and for a server that was killed. */
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import type { TemporalServer } from './temporal-server';

/** More than the outages that one call may meet. */
const CALL_ATTEMPTS = 5;

/** A client is as patient as a person with the server that was killed. */
export async function throughOutages<T>(temporal: TemporalServer, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    await temporal.up();
    try {
      return await call();
    } catch (error) {
      const answered = error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError;
      if (answered || attempt === CALL_ATTEMPTS) throw error;
    }
  }
}

export async function ended(
  handle: { terminate(why: string): Promise<unknown> },
  why: string,
): Promise<void> {
  await handle.terminate(why).catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error; // a lost answer was one
  });
}

/** Whether `what` has settled before the time is over. */
export async function inTime(what: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => (timer = setTimeout(resolve, ms, false)));
  try {
    return await Promise.race([what.then(() => true), limit]);
  } finally {
    clearTimeout(timer);
  }
}

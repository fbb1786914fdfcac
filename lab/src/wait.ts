/** Waiting on a condition, with a limit and a word on what was waited for. */
import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE } from './patience';

export interface WaitOptions {
  timeoutMs: number;
  everyMs?: number;
  /** Added to the message when time is up: a log's tail, say. */
  onTimeout?: () => Promise<string> | string;
}

/** Asks until the answer is not `undefined`. An error from `ask` ends the wait at once. */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const limitMs = options.timeoutMs * PATIENCE;
  const end = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) break;
    await delay(options.everyMs ?? 250);
  }
  const more = (await options.onTimeout?.()) ?? '';
  throw new Error(`waited ${limitMs / 1000} s for ${what}\n${more}`.trim());
}

/** Waits until `ask` says yes. */
export async function waitUntil(
  what: string,
  ask: () => Promise<boolean> | boolean,
  options: WaitOptions,
): Promise<void> {
  await waitFor(what, async () => ((await ask()) ? true : undefined), options);
}

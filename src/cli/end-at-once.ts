/** The end of a process that can't wait for its threads. */
import type { Logger } from 'pino';
import { written } from './logging';

const LAST_WORDS_WITHIN_MS = 1_000;

/** By signal: a thread that waits in libvirt's migrate call can't be ended, and process.exit would wait for it (seen). */
export async function endAtOnce(log: Logger): Promise<never> {
  await written(log, LAST_WORDS_WITHIN_MS);
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined); // the signal may need a moment
}

/** Heartbeats of a step that has nothing else to tell: that its agent lives, also while the hypervisor keeps it waiting. */
import { Context } from '@temporalio/activity';

const BEAT_EACH_MS = 500;

export async function whileBeating<T>(step: () => Promise<T>): Promise<T> {
  const context = Context.current();
  // not at once: most steps are over by then, and each heartbeat is a write of the server's that the step's end waits for
  const beat = setInterval(() => context.heartbeat(), BEAT_EACH_MS);
  try {
    return await step();
  } finally {
    clearInterval(beat);
  }
}

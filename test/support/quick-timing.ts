/** The workflow's waits for whole migrations by the hundred: the product's (workflows/timing.ts), about a tenth of each. */
import type { TIMING as Product } from '../../workflows/timing';

export const TIMING: typeof Product = {
  agentAnswersWithinMs: 2_000,
  observeWithinMs: 1_000,
  observeTakesMs: 1_500,
  actTakesMs: 1_500,
  checkTakesMs: 2_000,
  stepTakesMs: 2_000,
  // agents heartbeat twice a second, and once in the second of a switchover, whatever the workflow's timing
  heartbeatTimeoutMs: 2_000,
  retryAtOnceMs: 100,
  retryFirstMs: 100,
  retryLongestMs: 500,
  attachAfterMs: 100,
  lookAgainFirstMs: 100,
  lookAgainLastMs: 400,
  personAfterMs: 2_000,
  lookAgainLongestMs: 1_000,
};

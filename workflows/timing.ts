/** How long the workflow waits, in one place: tests run it with other numbers (test/support/quick-timing.ts). */
export const TIMING = {
  /** An agent that lives takes a task in about 80 ms; ten seconds is patience for a loaded host. */
  agentAnswersWithinMs: 10_000,
  /** When looking at a host that may be down, be quick: a fenced guest may wait for it, and the look is repeated anyway. */
  observeWithinMs: 3_000,
  /** One look, one act: libvirt answers in milliseconds, or hangs. */
  observeTakesMs: 20_000,
  actTakesMs: 60_000,
  /** Longest attempt of a check: somebody waits to be told, and nothing else misses an agent that has died in it. One took 30 s in a busy lab. */
  checkTakesMs: 60_000,
  /** Longest attempt of a step that must happen; that its agent has died is told by the heartbeats. */
  stepTakesMs: 120_000,
  /** Agents heartbeat twice a second, but for the half second after a switchover's stop. This is how long a dead one goes unnoticed, and a fenced guest waits for the workflow. */
  heartbeatTimeoutMs: 5_000,
  /** Retries of steps before anything has moved. */
  retryAtOnceMs: 500,
  /** Retries of steps that must happen: from, to. */
  retryFirstMs: 1_000,
  retryLongestMs: 60_000,
  /** Between a step that was lost and the next look: a fault that lasts must not fill the history. */
  attachAfterMs: 1_000,
  /** Rounds of looking start close together, for the moment after a fault; past the last the hosts tell of changes. */
  lookAgainFirstMs: 500,
  lookAgainLastMs: 8_000,
  /** A host that restarts is back by then; after that somebody is told that it cannot be known who owns the guest. */
  personAfterMs: 60_000,
  /** Where an older agent cannot tell of changes, the rounds end this far apart: each costs some 16 events of history. */
  lookAgainLongestMs: 600_000,
};

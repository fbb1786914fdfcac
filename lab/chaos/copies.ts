/** How many copies of a guest ran at the same time, from samples of its counter on each host. Pure. */

export interface Sample {
  atMs: number;
  /** QEMU processes of the guest. */
  processes: number;
  /** What the guest had counted to; null = nothing printed yet. */
  counter: number | null;
}

export interface Run {
  from: number;
  to: number;
}

/** The guest prints five times a second; under emulation in emulation it may stall for longer than that. */
const STILL_RUNNING_MS = 1_500;
/** Two runs that only touch are a switchover seen by two clocks and a sampling interval. */
const TOUCHING_MS = 600;

/** Times in which the counter went on: from the sample before its first step to its last step. */
export function runs(samples: readonly Sample[]): Run[] {
  const found: Run[] = [];
  let before: Sample | undefined;
  for (const sample of samples) {
    if (before && sample.counter !== null && sample.counter !== before.counter) {
      const last = found.at(-1);
      if (last && sample.atMs - last.to <= STILL_RUNNING_MS) last.to = sample.atMs;
      else found.push({ from: before.atMs, to: sample.atMs });
    }
    before = sample;
  }
  return found;
}

/** Most copies that ran side by side on the hosts; each host's samples are one list. */
export function copiesSeenMax(hosts: readonly (readonly Sample[])[]): number {
  const all = hosts.map(runs);
  const alone = Math.max(...hosts.flatMap((samples) => samples.map(runningHere)), 0);
  const together = all.flatMap((own, i) =>
    own.map(
      (run) => all.filter((others, j) => j === i || others.some((other) => overlap(run, other))).length,
    ),
  );
  return Math.max(alone > 1 ? alone : 0, ...together, 0);
}

/** Two QEMU processes of one guest on one host would be two copies, whatever they print. */
function runningHere({ processes }: Sample): number {
  return processes;
}

function overlap(one: Run, other: Run): boolean {
  return Math.min(one.to, other.to) - Math.max(one.from, other.from) > TOUCHING_MS;
}

/** Counter values that both hosts printed: what one copy does once. Exact, without any clock. */
export function countedTwice(source: string, destination: string): number[] {
  const values = (text: string): number[] =>
    [...text.matchAll(/^n=(\d+) ms=\d+ .*dirtied=\d+\r?$/gm)].map((line) => Number(line[1]));
  const there = new Set(values(destination));
  return values(source).filter((n) => there.has(n));
}

/** Five hundred schedules of whole migrations with faults in them; `npm run chaos` runs as many as one likes. */
import { quietTemporal } from '../support/ferry';
import { BLOW_KINDS } from './faults';
import { describeFailure, runChaos } from './runner';
import { drawSchedule } from './schedule';
import { Tally } from './tally';

const SCHEDULES = 500;

/** Far more than two idle processors need; a loaded machine takes longer. */
const LIMIT_MS = 1_200_000;

/** In the first five hundred one was seen. More would be something else. */
const MOST_STUCK = 3;

const seeds = Array.from({ length: SCHEDULES }, (_, i) => i + 1);

test('a seed gives the same schedule again, and another seed another', () => {
  expect(drawSchedule(7)).toEqual(drawSchedule(7));
  expect(
    new Set(seeds.map((seed) => JSON.stringify({ ...drawSchedule(seed), seed: 0 }))).size,
  ).toBeGreaterThan(SCHEDULES * 0.9);
});

test('the schedules hold every kind of fault', () => {
  const drawn = new Set(seeds.flatMap((seed) => drawSchedule(seed).faults.map(({ blow }) => blow.kind)));
  expect([...drawn].sort()).toEqual([...BLOW_KINDS].sort());
});

test(
  `${SCHEDULES} schedules: one copy runs, or the workflow says that it cannot know; nothing is left`,
  async () => {
    quietTemporal();
    const tally = new Tally();
    const failures: string[] = [];
    const startedAt = Date.now();
    await runChaos({
      seeds,
      onReport: (report) => {
        tally.add(report);
        if (report.wrongs.length > 0) failures.push(describeFailure(report));
      },
    });
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    process.stdout.write(`${SCHEDULES} schedules in ${seconds} s\n${tally.describe()}\n`);
    expect(failures.join('\n\n')).toBe('');
    expect(tally.runs).toBe(SCHEDULES);
    expect(tally.neverStruck()).toEqual([]);
    expect(tally.stuckBySdk).toBeLessThanOrEqual(MOST_STUCK);
  },
  LIMIT_MS,
);

/** Many schedules at once: one Temporal server, two orchestrators, some pairs of hosts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { describeFault } from './faults';
import { Lane } from './lane';
import { Orchestrators } from './orchestrators';
import { inTime } from './patience';
import { type RunReport, type Shared, runSchedule } from './run';
import { describeSchedule, drawSchedule } from './schedule';
import { TemporalServer } from './temporal-server';

/** More do not raise the throughput of two processors, and make waits out of work. */
const LANES = 24;

/** Seen once: all schedules were played, and the run did not end, with nothing to do. What has been found is not lost to that. */
const CLOSED_WITHIN_MS = 60_000;

export interface ChaosRun {
  seeds: readonly number[];
  lanes?: number;
  onReport(report: RunReport): void;
}

export async function runChaos({ seeds, lanes = LANES, onReport }: ChaosRun): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-chaos-'));
  const closers: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  try {
    const temporal = await TemporalServer.start(folder);
    closers.push(() => temporal.stop());
    const connection = await Connection.connect({ address: temporal.address });
    closers.push(() => connection.close());
    const orchestrators = await Orchestrators.start(temporal);
    closers.push(() => orchestrators.stop());
    const shared = { client: new Client({ connection }), orchestrators, temporal };
    const queue = seeds[Symbol.iterator]();
    const work = Array.from({ length: Math.min(lanes, seeds.length) }, async (_, i) => {
      const lane = await Lane.open(`h${i}`, folder, temporal);
      closers.push(() => lane.close());
      for (let next = queue.next(); !next.done; next = queue.next())
        onReport(await runOne(lane, next.value, shared));
    });
    await Promise.race([Promise.all(work), orchestrators.failed(), temporal.failed()]);
  } catch (error) {
    // said before anything is closed: the SDK's client throws out of a timer when its connection is closed under a retry
    process.stderr.write(`the run ends, for what all schedules share has failed: ${textOf(error)}\n`);
    throw error;
  } finally {
    for (const close of closers.reverse())
      if (!(await inTime(close(), CLOSED_WITHIN_MS)))
        process.stderr.write(
          `something of the run has not closed within ${CLOSED_WITHIN_MS} ms: left behind\n`,
        );
  }
}

/** A run that breaks is a finding too, and says for which seed. */
async function runOne(lane: Lane, seed: number, shared: Shared): Promise<RunReport> {
  const schedule = drawSchedule(seed);
  try {
    return await runSchedule(lane, schedule, shared);
  } catch (error) {
    const wrongs = [`the run broke: ${textOf(error)}`];
    return { seed, outcome: 'broke', resolved: null, struck: [], wrongs, ms: 0, events: 0, history: '' };
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? String(error.stack) : String(error);
}

/** What went wrong, in which schedule, and how to see it again. The history goes to a file. */
export function describeFailure(report: RunReport): string {
  const file = join(mkdtempSync(join(tmpdir(), 'vgpu-ferry-seed-')), `${report.seed}.json`);
  writeFileSync(file, report.history);
  return [
    `seed ${report.seed}: ${report.outcome}`,
    ...report.wrongs.map((wrong) => `  WRONG: ${wrong}`),
    ...describeSchedule(drawSchedule(report.seed))
      .split('\n')
      .map((line) => `  ${line}`),
    ...report.struck.map(
      ({ fault, atMs }) => `  struck${atMs === null ? '' : ` at ${atMs} ms`}: ${describeFault(fault)}`,
    ),
    `  history: ${file}`,
    `  again: npm run chaos -- --seed ${report.seed}`,
  ].join('\n');
}

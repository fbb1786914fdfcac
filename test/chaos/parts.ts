/**
 * A long run is played in parts, each in a process of its own. The agents live in the run's process, and each connection that
 * one of them opens leaves an AsyncLocalStorage enabled there, which every promise then costs (Node.js 20: `_propagate` of
 * async_hooks; after 1,500 schedules half of the time, and then no migration met its limits any more).
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { RunReport } from './run';
import type { ChaosRun } from './runner';

const SCHEDULES_A_PART = 250;

/** What a part is told first. */
export type PartOrder = Pick<ChaosRun, 'seeds' | 'lanes'>;

/** The reports come as in one run. Throws if a part ends before it has told of all its seeds. */
export async function runInParts({ seeds, lanes, onReport }: ChaosRun): Promise<void> {
  for (let from = 0; from < seeds.length; from += SCHEDULES_A_PART)
    await runPart({ seeds: seeds.slice(from, from + SCHEDULES_A_PART), ...(lanes && { lanes }) }, onReport);
}

async function runPart(order: PartOrder, onReport: ChaosRun['onReport']): Promise<void> {
  const part = fork(join(__dirname, 'part.ts'), {
    execArgv: ['-r', join(__dirname, '../support/register-ts.js')],
  });
  let told = 0;
  part.on('message', (report: RunReport) => {
    told++;
    onReport(report);
  });
  const left = once(part, 'close');
  part.send(order);
  const [code, signal] = (await left) as [number | null, string | null];
  if (told < order.seeds.length)
    throw new Error(
      `a part of the run ended (${signal ?? code}) after ${told} of the ${order.seeds.length} seeds from ${order.seeds[0]} on`,
    );
}

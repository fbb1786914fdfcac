/** What a migration costs when its hosts need no time at all: latency, throughput, what each process uses. */
import { join } from 'node:path';
import type { Figure } from '../harness/figure';
import type { SuiteOutput } from '../harness/results';
import type { Context, Suite } from '../harness/suite';
import { latency } from './latency';
import { profile } from './profile';
import { type Cell, throughputs } from './throughput';

export const controlPlane: Suite = {
  name: 'control-plane',
  summary:
    'one migration of no work: latency, history; migrations in a second; CPU and memory of each process',
  minutes: 60,
  rounds: 3,
  async run(context) {
    const parts = [
      await latency(context),
      await throughputs(context, cells(context)),
      await profiled(context),
    ];
    return together(parts);
  },
};

/** All hosts of one row share a stack. */
function cells({ quick }: Context): Cell[] {
  if (quick) return [{ hosts: 4, inFlight: [1, 8], counts: [2, 16] }];
  return [10, 100, 1000].map((hosts) => ({
    hosts,
    inFlight: [1, 10, 100, 1000],
    counts: [20, 100, 300, 1000],
  }));
}

async function profiled(context: Context): Promise<SuiteOutput> {
  context.say('where the orchestrator spends its time');
  return { figures: [], shares: [await profile(context, join(context.folder, 'profile'))] };
}

function together(parts: readonly SuiteOutput[]): SuiteOutput {
  const of = <T>(pick: (part: SuiteOutput) => readonly T[] | undefined): T[] =>
    parts.flatMap((part) => pick(part) ?? []);
  return {
    figures: of<Figure>(({ figures }) => figures),
    charts: of(({ charts }) => charts),
    timelines: of(({ timelines }) => timelines),
    shares: of(({ shares }) => shares),
  };
}

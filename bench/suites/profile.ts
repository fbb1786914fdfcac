/** Where the orchestrator spends its time under load, by what the time is spent in. */
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SMALL_FLEET } from '../fleet/plan';
import { Stack } from '../fleet/stack';
import { Guests, migrateOneOf, throughput } from '../fleet/work';
import type { Shares } from '../harness/results';
import type { Context } from '../harness/suite';

/** Of V8's CPU profiles. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[];
  samples: number[];
  /** Microseconds. */
  timeDeltas: number[];
}

const MOST_SHARES = 12;
const IN_FLIGHT = 50;
const COUNT = 300;

export async function profile({ folder: parent, quick }: Context, folder: string): Promise<Shares> {
  mkdirSync(folder);
  const stack = await Stack.start({
    plan: { ...SMALL_FLEET, guestsPerPair: IN_FLIGHT / SMALL_FLEET.pairs },
    folder: parent,
    bare: false,
    nodeOptions: ['--cpu-prof', `--cpu-prof-dir=${folder}`],
  });
  try {
    const count = quick ? IN_FLIGHT : COUNT;
    await throughput({ inFlight: IN_FLIGHT, count }, migrateOneOf(stack, new Guests(stack)));
    await stack.stopOrchestrator();
  } finally {
    await stack.stop();
  }
  const profiles = readdirSync(folder).map(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile,
  );
  return {
    name: 'orchestrator-profile',
    title: `JavaScript of the orchestrator, ${IN_FLIGHT} migrations in flight: where its time goes`,
    shares: sharesOf(profiles),
  };
}

/** Of the time in which JavaScript's threads did something, by package or part of ours. */
export function sharesOf(profiles: readonly CpuProfile[]): Shares['shares'] {
  const microseconds = new Map<string, number>();
  for (const { nodes, samples, timeDeltas } of profiles) {
    const whats = new Map(nodes.map(({ id, callFrame }) => [id, whatOf(callFrame)]));
    samples.forEach((sample, i) => {
      const what = whats.get(sample);
      if (what !== undefined) microseconds.set(what, (microseconds.get(what) ?? 0) + (timeDeltas[i] ?? 0));
    });
  }
  const total = [...microseconds.values()].reduce((sum, value) => sum + value, 0);
  return [...microseconds]
    .map(([what, value]) => ({ what, percent: Math.round((1000 * value) / total) / 10 }))
    .sort((one, other) => other.percent - one.percent)
    .slice(0, MOST_SHARES);
}

/** Undefined: nothing was done. */
function whatOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string | undefined {
  if (functionName === '(idle)' || functionName === '(program)') return undefined;
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (url.startsWith('evalmachine') || url.includes('workflow-bundle'))
    return "workflow code, with Temporal's in it";
  const packages = url.split('node_modules/').slice(1);
  const last = packages.at(-1)?.split('/') ?? [];
  if (last.length > 0) return last[0]!.startsWith('@') ? `${last[0]}/${last[1]}` : last[0];
  if (url.includes('/dist/')) return "the orchestrator's own";
  return url === '' ? nativeWhat(functionName) : 'Node.js';
}

/** V8 names a regular expression by its whole text. */
function nativeWhat(functionName: string): string {
  return functionName.startsWith('RegExp: ') ? 'regular expressions' : `native: ${functionName || 'unnamed'}`;
}

/** So many migrations in flight over so many hosts, beside as many bare workflows. */
import { setTimeout as pause } from 'node:timers/promises';
import { SMALL_FLEET } from '../fleet/plan';
import { type BarePart, type Part, type ServerKind, Stack } from '../fleet/stack';
import { Guests, bareOneOf, migrateOneOf, misplaced, throughput } from '../fleet/work';
import { type Figure, atLeast, atMost, figure } from '../harness/figure';
import type { Chart, SuiteOutput } from '../harness/results';
import { type Measured, interleaved } from '../harness/rounds';
import type { Context } from '../harness/suite';
import type { Usage } from '../programs/usage';

export interface Cell {
  hosts: number;
  /** By default the embedded one. */
  server?: ServerKind;
  inFlight: number[];
  /** How many migrations one round of each `inFlight` is. */
  counts: number[];
}

/** What the server has left to do of the one before is not to fall on the next. */
const SETTLE_MS = 2_000;
const MANY = 1_000;
const LEAST_OF_BARE = 0.9;
const PARTS: Part[] = ['orchestrator', 'agents', 'server'];

/** Of each part for one migration or bare workflow, or after the last. */
type Used<Name extends string> = Record<Name, { cpuMs: number; residentMb: number }>;

interface Measure {
  hosts: number;
  inFlight: number;
  perSecond: Measured<'migrations' | 'bare'>;
  used: Used<Part>[];
  bareUsed: Used<BarePart>[];
  misplaced: number;
  failures: number;
}

/** The chart's name becomes its file's. */
export async function throughputs(
  context: Context,
  cells: readonly Cell[],
  chart: Pick<Chart, 'name' | 'title'> = {
    name: 'throughput',
    title: 'Migrations of no work, and bare workflows with as many empty activities',
  },
): Promise<SuiteOutput> {
  const measures: Measure[] = [];
  for (const cell of cells) measures.push(...(await overHosts(context, cell)));
  return { figures: measures.flatMap(figuresOf), charts: [{ ...chart, ...axesOf(measures) }] };
}

async function overHosts(context: Context, { hosts, server, inFlight, counts }: Cell): Promise<Measure[]> {
  const pairs = hosts / 2;
  const guestsPerPair = Math.ceil(Math.max(...inFlight) / pairs);
  context.say(`${hosts} hosts: their agents start`);
  const { folder, say } = context;
  const stack = await Stack.start({
    plan: { ...SMALL_FLEET, pairs, guestsPerPair },
    ...{ folder, say },
    ...(server && { server }),
  });
  try {
    const guests = new Guests(stack);
    const measures: Measure[] = [];
    for (const [index, most] of inFlight.entries())
      measures.push(
        await oneCell(context, stack, guests, { hosts, inFlight: most, count: counts[index] ?? most }),
      );
    return measures;
  } finally {
    await stack.stop();
  }
}

async function oneCell(
  { rounds, say }: Context,
  stack: Stack,
  guests: Guests,
  { hosts, inFlight, count }: { hosts: number; inFlight: number; count: number },
): Promise<Measure> {
  const load = { inFlight, count };
  const used: Used<Part>[] = [];
  const bareUsed: Used<BarePart>[] = [];
  const migrateOne = migrateOneOf(stack, guests);
  const bareOne = bareOneOf(stack);
  const warmUps = inFlight >= MANY ? 0 : 1;
  const perSecond = await interleaved(
    { rounds, warmUps, say: (line) => say(`${hosts} hosts, ${inFlight} in flight, ${line}`) },
    {
      migrations: async () => {
        await pause(SETTLE_MS);
        const before = stack.usage();
        const rate = await throughput(load, migrateOne);
        used.push(between(before, stack.usage(), count));
        return rate;
      },
      bare: async () => {
        await pause(SETTLE_MS);
        const before = stack.bareUsage();
        const rate = await throughput(load, bareOne);
        bareUsed.push(between(before, stack.bareUsage(), count));
        return rate;
      },
    },
  );
  const failures = guests.failures.splice(0);
  if (failures.length > 0) say(`${failures.length} failed, the first: ${failures[0]}`);
  return {
    ...{ hosts, inFlight, perSecond },
    ...{ used: used.slice(warmUps), bareUsed: bareUsed.slice(warmUps) },
    ...{ misplaced: await misplaced(stack, guests), failures: failures.length },
  };
}

function between<Name extends string>(
  before: Record<Name, Usage>,
  after: Record<Name, Usage>,
  count: number,
): Used<Name> {
  const part = (name: Name): [Name, Used<Name>[Name]] => [
    name,
    {
      cpuMs: ((after[name].cpuSeconds - before[name].cpuSeconds) * 1000) / count,
      residentMb: after[name].residentMb,
    },
  ];
  return Object.fromEntries((Object.keys(before) as Name[]).map(part)) as Used<Name>;
}

/** That of all parts. */
function cpuOf<Name extends string>(used: Used<Name>): number {
  return (Object.keys(used) as Name[]).reduce((sum, name) => sum + used[name].cpuMs, 0);
}

function figuresOf(measure: Measure): Figure[] {
  const { hosts, inFlight, perSecond, used, bareUsed, misplaced: wrong, failures } = measure;
  const where = `${inFlight} in flight over ${hosts} hosts`;
  const isMany = inFlight >= MANY;
  return [
    figure({
      ...{ name: `migrations of no work, ${where}`, unit: 'a second', values: perSecond.migrations },
      baseline: { name: 'workflows that call five empty activities', values: perSecond.bare },
      ...(isMany && { goal: atLeast('ratio', LEAST_OF_BARE) }),
    }),
    figure({
      ...{ name: `guests that are not where they belong, ${where}`, unit: 'guests', values: [wrong] },
      goal: atMost('median', 0),
    }),
    figure({
      ...{ name: `migrations that failed, ${where}`, unit: 'migrations', values: [failures] },
      goal: atMost('median', 0),
    }),
    figure({
      ...{ name: `CPU of all three for one migration, ${where}`, unit: 'ms', values: used.map(cpuOf) },
      baseline: { name: 'server and workers, for one bare workflow', values: bareUsed.map(cpuOf) },
    }),
    ...PARTS.flatMap((part) => [
      figure({
        name: `CPU of ${part} for one migration, ${where}`,
        unit: 'ms',
        values: used.map((each) => each[part].cpuMs),
        ...(part === 'server' && {
          baseline: { name: 'for one bare workflow', values: bareUsed.map(({ server }) => server.cpuMs) },
        }),
      }),
      figure({
        name: `memory of ${part}, ${where}`,
        unit: 'MB',
        values: used.map((each) => each[part].residentMb),
      }),
    ]),
  ];
}

function axesOf(measures: readonly Measure[]): Omit<Chart, 'name' | 'title'> {
  const hosts = [...new Set(measures.map((measure) => measure.hosts))];
  const line = (of: 'migrations' | 'bare', at: number): [number, number][] =>
    measures
      .filter((measure) => measure.hosts === at)
      .map(({ inFlight, perSecond }) => [
        inFlight,
        figure({ name: '', unit: '', values: perSecond[of] }).median,
      ]);
  return {
    x: 'in flight',
    y: 'a second',
    lines: hosts.flatMap((at) => [
      { name: `migrations, ${at} hosts`, points: line('migrations', at) },
      { name: `bare, ${at} hosts`, points: line('bare', at) },
    ]),
  };
}

/** How the cost of one migration grows with what there is much of. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from '../../src/claims';
import { claimFiles } from '../fleet/claim-files';
import { type FleetPlan, SMALL_FLEET, guestUuid } from '../fleet/plan';
import { Stack } from '../fleet/stack';
import { migrate, throughput } from '../fleet/work';
import { type Figure, atMost, figure } from '../harness/figure';
import type { Chart } from '../harness/results';
import { timed } from '../harness/rounds';
import { type Point, growthExponent, median } from '../harness/statistics';
import type { Context, Suite } from '../harness/suite';
import { claimOne, releaseOne } from './one-claim';

/** What is linear has 1; the rest is for noise, and for what a larger working set costs a cache. */
const MOST_EXPONENT = 1.2;
const WARM_UPS = 2;

interface Axis {
  /** Of its chart. */
  name: string;
  what: string;
  cost: string;
  unit: string;
  values: number[];
  measure(context: Context, value: number): Promise<number[]>;
}

const KIB = 1024;

const AXES: Axis[] = [
  planAxis('hosts', 'hosts, each with an agent', [10, 100, 1000], (hosts) => ({ pairs: hosts / 2 })),
  {
    ...{ name: 'in-flight', what: 'migrations in flight', unit: 'ms', values: [10, 100, 1000] },
    cost: 'time until all have ended',
    measure: manyInFlight,
  },
  planAxis('mdevs', 'mdevs of the guest', [1, 2, 4, 8, 16], (mdevsPerGuest) => ({ mdevsPerGuest })),
  planAxis('xml', "KiB of the guest's XML", [4, 64, 256, 1024], (kib) => ({ xmlBytes: kib * KIB })),
  planAxis('domains', 'guests, each with an mdev, on the destination', [1, 10, 100, 1000], (count) => ({
    othersOnDestination: count,
  })),
  {
    ...{ name: 'ledger', what: "claims in the destination's ledger", unit: 'ms' },
    values: [1, 1_000, 10_000, 100_000],
    cost: 'one claim and its release',
    measure: claimAmong,
  },
];

export const growth: Suite = {
  name: 'growth',
  summary:
    'the same against hosts, migrations in flight, mdevs and XML of a guest, guests of a host, claims in a ledger',
  minutes: 30,
  rounds: 10,
  async run(context) {
    const found: { figures: Figure[]; chart: Chart }[] = [];
    for (const axis of AXES) found.push(await along(context, axis));
    return { figures: found.flatMap(({ figures }) => figures), charts: found.map(({ chart }) => chart) };
  },
};

async function along(context: Context, axis: Axis): Promise<{ figures: Figure[]; chart: Chart }> {
  const { name, what, cost, unit } = axis;
  const values = context.quick
    ? axis.values.map((value) => Math.min(value, QUICK_MOST[name] ?? value))
    : axis.values;
  const costs: { value: number; measured: number[] }[] = [];
  for (const value of new Set(values)) {
    const measured = await axis.measure(context, value);
    context.say(`${value} ${what}: ${cost} ${median(measured).toPrecision(3)} ${unit}`);
    costs.push({ value, measured });
  }
  const points: Point[] = costs.map(({ value, measured }) => ({ x: value, y: median(measured) }));
  const each = costs.map(({ value, measured }) =>
    figure({ name: `${cost}, ${value} ${what}`, unit, values: measured }),
  );
  const chart = {
    ...{ name: `growth-${name}`, title: `${cost} against ${what}`, x: what, y: unit },
    lines: [{ name: cost, points: points.map(({ x, y }): [number, number] => [x, y]) }],
  };
  if (points.length < 3) return { figures: each, chart };
  const exponent = figure({
    ...{ name: `growth of ${cost} with ${what}`, unit: 'exponent', values: [growthExponent(points)] },
    goal: atMost('median', MOST_EXPONENT),
  });
  return { figures: [exponent, ...each], chart };
}

const QUICK_MOST: Record<string, number> = {
  hosts: 10,
  'in-flight': 10,
  xml: 64,
  mdevs: 2,
  domains: 10,
  ledger: 1_000,
};

function planAxis(
  name: string,
  what: string,
  values: number[],
  part: (value: number) => Partial<FleetPlan>,
): Axis {
  const measure = (context: Context, value: number): Promise<number[]> => oneByOne(context, part(value));
  return { name, what, values, measure, cost: 'one migration of no work', unit: 'ms' };
}

/** Each of a guest that has not moved yet, so that all go to a destination that is as it was made. */
async function oneByOne({ rounds, folder }: Context, part: Partial<FleetPlan>): Promise<number[]> {
  const count = rounds + WARM_UPS;
  const plan = { ...SMALL_FLEET, pairs: 1, guestsPerPair: count, ...part };
  const stack = await Stack.start({ plan, folder, bare: false });
  try {
    const took: number[] = [];
    for (let i = 0; i < count; i++)
      took.push(await timed(() => migrate(stack, { uuid: guestUuid(0, i), pair: 0, at: 0 })));
    return took.slice(WARM_UPS);
  } finally {
    await stack.stop();
  }
}

/** Over 10 hosts, once: there are many in each. */
async function manyInFlight({ folder }: Context, inFlight: number): Promise<number[]> {
  const { pairs } = SMALL_FLEET;
  const plan = { ...SMALL_FLEET, guestsPerPair: Math.ceil(inFlight / pairs) };
  const stack = await Stack.start({ plan, folder, bare: false });
  try {
    let next = 0;
    const perSecond = await throughput({ inFlight, count: inFlight }, () => {
      const [pair, index] = [next % pairs, Math.floor(next / pairs)];
      next++;
      return migrate(stack, { uuid: guestUuid(pair, index), pair, at: 0 });
    });
    return [(inFlight * 1000) / perSecond];
  } finally {
    await stack.stop();
  }
}

const COSTLY = 10_000;
const COSTLY_ROUNDS = 2;

/** The ledger alone: a migration would give up on the largest one. */
async function claimAmong({ rounds, folder }: Context, claims: number): Promise<number[]> {
  const dir = join(folder, `ledger-${claims}`);
  mkdirSync(join(dir, 'claims'), { recursive: true });
  for (const [name, text] of claimFiles(claims)) writeFileSync(join(dir, 'claims', name), text);
  const ledger = await openLedger(dir, { host: 'host-b', onDamage: () => undefined });
  const took: number[] = [];
  for (let i = 1; i <= (claims > COSTLY ? COSTLY_ROUNDS : rounds); i++)
    took.push(await timed(async () => releaseOne(ledger, i, await claimOne(ledger, i))));
  return took;
}

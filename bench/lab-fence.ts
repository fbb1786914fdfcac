/**
 * The price of the fence, in the lab: from the source's SUSPENDED to the target's RESUMED, with the target resumed at the
 * source's SHUTDOWN event (as the product does), at the migrate call's return, and by libvirt itself; in turn, so that
 * what else the machine does falls on all three. One observer outside hears both hosts. Writes docs/fence.json.
 *
 *   npm run build && npm run bench:fence [-- <rounds>]
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { cleanHosts } from '../lab/src/clean';
import { type GuestSpec, startGuest, unbrokenText } from '../lab/src/guest';
import type { Lab } from '../lab/src/lab';
import { LifecycleObserver } from '../lab/src/lifecycle';
import { Mover } from '../lab/src/mover';
import { openLab } from '../lab/src/session';
import * as libvirt from '../src/hypervisor/libvirt/constants';
import type { MigrateRequest } from '../src/hypervisor/port';
import { median } from './harness/statistics';

const RESULT = join(__dirname, '..', 'docs', 'fence.json');
const ROUNDS = 5;

const VARIANTS = ['fenced, at the SHUTDOWN event', 'fenced, at the return', "libvirt's own"] as const;
type Variant = (typeof VARIANTS)[number];

/** Milliseconds since the source's SUSPENDED event; null if there is no such event in this variant. */
interface Run {
  variant: Variant;
  finishDone: number | null;
  sourceShutdown: number;
  sourceStopped: number;
  callReturned: number;
  targetResumed: number;
}
type Part = Exclude<keyof Run, 'variant'>;
const PARTS: Part[] = ['finishDone', 'sourceShutdown', 'sourceStopped', 'callReturned', 'targetResumed'];

class Bench {
  constructor(
    private readonly lab: Lab,
    private readonly observer: LifecycleObserver,
    private readonly mover: Mover,
  ) {}

  async run(variant: Variant): Promise<Run> {
    await cleanHosts(this.lab.hosts);
    const guest: GuestSpec = {
      name: 'desk',
      uuid: randomUUID(),
      mdevs: [{ uuid: randomUUID(), type: 'mtty-2' }],
    };
    await startGuest(this.lab.a, guest);
    const targets = await this.mover.makeTargets(guest);
    this.observer.forget();
    let returnedAt = NaN;
    const migrate = async (uuid: string, { onSourceEnding, ...request }: MigrateRequest): Promise<void> => {
      const early = variant === VARIANTS[0];
      await this.mover.hypervisor.migrate(uuid, early ? { ...request, onSourceEnding } : request);
      returnedAt = performance.now();
    };
    const switchover = variant === VARIANTS[2] ? 'libvirt' : 'fenced';
    await this.mover.move(guest, targets, { switchover }, { migrate });
    const run = await this.parts(variant, returnedAt);
    await unbrokenText(this.lab, guest);
    return run;
  }

  private async parts(variant: Variant, returnedAt: number): Promise<Run> {
    const at = async (host: 'a' | 'b', event: number): Promise<number> =>
      (await this.observer.next({ host, event })).at;
    const start = await at('a', libvirt.VIR_DOMAIN_EVENT_SUSPENDED);
    const since = (time: number): number => Math.round(time - start);
    return {
      variant,
      finishDone: variant === VARIANTS[2] ? null : since(await at('b', libvirt.VIR_DOMAIN_EVENT_SUSPENDED)),
      sourceShutdown: since(await at('a', libvirt.VIR_DOMAIN_EVENT_SHUTDOWN)),
      sourceStopped: since(await at('a', libvirt.VIR_DOMAIN_EVENT_STOPPED)),
      callReturned: since(returnedAt),
      targetResumed: since(await at('b', libvirt.VIR_DOMAIN_EVENT_RESUMED)),
    };
  }
}

const rounded = (values: number[]): number => Math.round(median(values));

function statistics(runs: Run[]): Record<string, object> {
  return Object.fromEntries(
    VARIANTS.map((variant) => {
      const own = runs.filter((run) => run.variant === variant);
      const parts = PARTS.map((part) => {
        const values = own.map((run) => run[part]).filter((value) => value !== null);
        const spread = { median: rounded(values), min: Math.min(...values), max: Math.max(...values) };
        return [part, values.length === 0 ? null : spread];
      });
      return [variant, Object.fromEntries(parts) as object];
    }),
  );
}

/** Round by round, so that a slow minute of the machine counts on both sides. */
function ratios(runs: Run[]): Record<string, number> {
  const resumed = (variant: Variant): number[] =>
    runs.filter((run) => run.variant === variant).map((run) => run.targetResumed);
  const over = (above: Variant, below: Variant): number => {
    const quotients = resumed(above).map((value, round) => (100 * value) / (resumed(below)[round] ?? NaN));
    return rounded(quotients) / 100;
  };
  return {
    'at the SHUTDOWN event / at the return': over(VARIANTS[0], VARIANTS[1]),
    "at the SHUTDOWN event / libvirt's own": over(VARIANTS[0], VARIANTS[2]),
    "at the return / libvirt's own": over(VARIANTS[1], VARIANTS[2]),
  };
}

async function measured(lab: Lab, rounds: number): Promise<Run[]> {
  const observer = await LifecycleObserver.open(lab);
  const mover = await Mover.open(lab);
  const bench = new Bench(lab, observer, mover);
  try {
    await bench.run(VARIANTS[0]); // the first one loads what the later ones find loaded
    const runs: Run[] = [];
    for (let round = 0; round < rounds; round++) {
      for (let step = 0; step < VARIANTS.length; step++) {
        const run = await bench.run(VARIANTS[(round + step) % VARIANTS.length] as Variant);
        console.error(`round ${round + 1}: ${JSON.stringify(run)}`);
        runs.push(run);
      }
    }
    await cleanHosts(lab.hosts);
    return runs;
  } finally {
    await mover.close();
    await observer.close();
  }
}

async function versions(lab: Lab): Promise<object> {
  const mover = await Mover.open(lab);
  const { libvirt: hosts, qemu } = await mover.hypervisor.versions();
  await mover.close();
  const kernel = (await lab.a.ssh('uname -r')).trim();
  return { libvirt: hosts, qemu, kernel, node: process.version };
}

async function main(): Promise<void> {
  const rounds = Number(process.argv[2] ?? ROUNDS);
  const { lab, end } = await openLab();
  const load = { before: os.loadavg()[0], after: NaN };
  try {
    const runs = await measured(lab, rounds);
    load.after = os.loadavg()[0] ?? NaN;
    const machine = {
      cpus: os.cpus().length,
      model: os.cpus()[0]?.model,
      hosts: 'emulated without KVM',
      load,
    };
    const unit = "ms since the source's SUSPENDED event";
    const result = {
      date: new Date().toISOString().slice(0, 10),
      machine,
      versions: await versions(lab),
      unit,
      rounds,
      statistics: statistics(runs),
      ratios: ratios(runs),
      runs,
    };
    writeFileSync(RESULT, `${JSON.stringify(result, null, 2)}\n`);
    console.log(JSON.stringify({ statistics: result.statistics, ratios: result.ratios }, null, 2));
  } finally {
    await end();
  }
}

void main();

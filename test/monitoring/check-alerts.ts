/**
 * Makes the cause of each alert, with the real programs on simulated hosts, until a real Prometheus has seen all of them fire;
 * before that, none may. Then it is asked each query of the dashboard: `… check-alerts.ts <prometheus>`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { startEmbeddedTemporal } from '../../src/temporal/embedded';
import { Causes } from './causes';
import { panelQueries } from './dashboard';
import { type Program, Programs } from './programs';
import { Prometheus, type Target } from './prometheus';
import { alertNames, shortRules } from './short';
import { differencesFromTable } from './told';

/** Beyond it something does not fire. */
const GIVE_UP_MS = 240_000;

/** Fires when all orchestrators are gone, and takes the figures of others with it: the last. */
const LAST = 'VgpuFerryNoOrchestrator';

/** A simulated migration takes a second; a switchover two tenths. */
const QUICK = {
  ...{ prepareMs: 50, linkBytesPerSec: 12 * 2 ** 30, deviceStateMs: 20, finishMs: 20, confirmMs: 20 },
  keepaliveMs: 1_000,
};

const LOOK_EACH_MS = 200;
const CALM_ATTEMPTS = 4;
/** Until what a pause of the machine has made fire is over. */
const MOST_LOOKS = 100;

const since = Date.now();
const say = (text: string): void => console.log(`${((Date.now() - since) / 1_000).toFixed(1)} s  ${text}`);

async function main(): Promise<void> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    await Promise.race([check(closers), interrupted()]);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

/** Its programs must not outlive it. */
function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not done within ${GIVE_UP_MS / 1_000} s`)), GIVE_UP_MS).unref();
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => reject(new Error(signal)));
  });
}

async function check(closers: (() => Promise<unknown>)[]): Promise<void> {
  const temporal = await startEmbeddedTemporal({ ended: console.error });
  closers.push(() => temporal.stop());
  const programs = await Programs.on(temporal.address, QUICK);
  closers.push(() => programs.close());
  const [orchestrator, agent, prometheus] = await Promise.all([
    programs.startOrchestrator('quick'),
    programs.startAgent('host-b'),
    Prometheus.start(process.argv[2]!, programs.folder, shortRules()),
    programs.startAgent('host-a'),
  ]);
  closers.push(() => prometheus.stop());
  prometheus.scrape(targetsOf(programs));
  const connection = await Connection.connect({ address: temporal.address });
  closers.push(() => connection.close());
  say('the programs run');

  const alarms = new Alarms(prometheus);
  await alarms.nothingFiresFor(4);
  say('nothing fires while all is well');
  await make(new Causes(programs, new Client({ connection })), programs, agent, prometheus, alarms);
  say('every cause is made');
  await alarms.fired(alertNames().filter((name) => name !== LAST));
  await askDashboard(prometheus);
  await compareWithTable(programs);
  await orchestrator.end('SIGKILL');
  await alarms.fired([LAST]);
  say(`all ${alarms.seen.size} alerts have fired`);
}

async function make(
  causes: Causes,
  programs: Programs,
  agent: Program,
  prometheus: Prometheus,
  alarms: Alarms,
): Promise<void> {
  await causes.addHost('host-c');
  const third = programs.startAgent('host-c', 1);
  await causes.oldClaim();
  await causes.failedMigrations();
  await causes.longDowntime();
  await causes.unfinished(agent, alarms.fired(['VgpuFerryStepWaits']));
  await causes.leaks();
  await causes.splitBrain();
  const { end } = await third;
  prometheus.scrape(targetsOf(programs));
  await alarms.fired(['VgpuFerrySweepNotRun', 'VgpuFerrySplitBrain']);
  await end('SIGKILL');
  await causes.destinationLost();
}

function targetsOf({ all }: Programs): Target[] {
  return all.map(({ name, metrics }) => ({
    job: name === 'orchestrator' ? 'vgpu-ferry-orchestrator' : 'vgpu-ferry-agent',
    address: metrics,
  }));
}

/** What has fired so far. */
class Alarms {
  readonly seen = new Set<string>();

  constructor(private readonly prometheus: Prometheus) {}

  async fired(names: readonly string[]): Promise<void> {
    for (;;) {
      const missing = names.filter((name) => !this.seen.has(name));
      if (missing.length === 0) return;
      await this.look();
    }
  }

  /**
   * Once all targets are scraped. A rule that fires without a cause fires each time; a machine that stood still for some
   * seconds, as long as the shortened rules allow, does not.
   */
  async nothingFiresFor(evaluations: number): Promise<void> {
    await this.scraped(2); // what is not scraped yet seems to be gone
    for (let attempt = 1; ; attempt += 1) {
      await this.untilCalm();
      this.seen.clear();
      const before = await this.count();
      while ((await this.count()) < before + evaluations) await this.look();
      if (this.seen.size === 0) return;
      const fired = [...this.seen].join(', ');
      if (attempt === CALM_ATTEMPTS) throw new Error(`fires without a cause: ${fired}`);
      say(`once more, to tell a rule's fault from the machine's: ${fired}`);
    }
  }

  private async untilCalm(): Promise<void> {
    for (let looks = 0; looks < MOST_LOOKS && (await this.prometheus.firing()).length > 0; looks += 1)
      await pause(LOOK_EACH_MS);
  }

  private async scraped(times: number): Promise<void> {
    while ((await this.count()) < times) await pause(LOOK_EACH_MS);
  }

  /** Scrapes so far of the target that has the fewest. */
  private async count(): Promise<number> {
    const { result } = await this.prometheus.query(
      'min(count_over_time(vgpu_ferry_last_look_timestamp_seconds[5m]))',
    );
    return Number(result[0]?.value[1] ?? 0);
  }

  private async look(): Promise<void> {
    for (const name of await this.prometheus.firing()) {
      if (!this.seen.has(name)) say(`fires: ${name}`);
      this.seen.add(name);
    }
    await pause(LOOK_EACH_MS);
  }
}

async function askDashboard(prometheus: Prometheus): Promise<void> {
  for (const { panel, query } of panelQueries()) {
    const { result } = await prometheus.query(query);
    if (result.length === 0) throw new Error(`the panel "${panel}" shows nothing: ${query}`);
  }
  say(`${panelQueries().length} queries of the dashboard have their answers`);
}

async function compareWithTable({ all }: Programs): Promise<void> {
  const wrong = await differencesFromTable(all.filter(({ ended }) => !ended()));
  if (wrong.length > 0) throw new Error(`not as src/contract/metrics.ts says:\n${wrong.join('\n')}`);
  say('the programs tell what the table of series says');
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);

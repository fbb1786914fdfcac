/** `npm run bench:lab`: LiveMigrateVgpu beside an expert's script, on two real hosts. */
import { Lab } from '../../lab/src/lab';
import { LifecycleObserver } from '../../lab/src/lifecycle';
import { Migrations } from '../../lab/src/migrations';
import { startProduct } from '../../lab/src/product';
import { KEPT_LAB } from '../../lab/src/session';
import { atExit } from '../../lab/src/exit';
import { cleanHosts } from '../../lab/src/clean';
import { turned } from '../harness/rounds';
import type { SuiteOutput } from '../harness/results';
import type { Context, Suite } from '../harness/suite';
import { type Round, labFigures, stagesTimeline } from './figures';
import { Mover, WAYS } from './move';

export const lab: Suite = {
  name: 'lab',
  summary: "one migration beside an expert's script, on two emulated hosts with real libvirt and QEMU",
  minutes: 30,
  rounds: 12,
  async run(context) {
    const kept = process.env[KEPT_LAB];
    const hosts = kept === undefined ? await Lab.up() : await Lab.attach(kept);
    const forget = kept === undefined ? hosts.endWithThisProcess() : () => undefined;
    try {
      return await onHosts(hosts, context);
    } finally {
      if (kept === undefined) await hosts.stop();
      forget();
    }
  },
};

async function onHosts(hosts: Lab, context: Context): Promise<SuiteOutput> {
  await cleanHosts(hosts.hosts);
  const product = await startProduct(hosts);
  atExit(() => product.stopNow());
  const migrations = await Migrations.connect(product.address);
  const observer = await LifecycleObserver.open(hosts);
  try {
    const mover = new Mover(hosts, observer, migrations);
    await mover.installScript();
    const rounds = await played(mover, context);
    await cleanHosts(hosts.hosts);
    return {
      figures: labFigures(rounds),
      timelines: [stagesTimeline(rounds)],
      versions: await hostVersions(hosts),
    };
  } finally {
    await observer.close();
    await migrations.close();
    await product.stop();
  }
}

/** The first round does not count: what it loads, the later ones find loaded. */
async function played(mover: Mover, { rounds, say }: Context): Promise<Round[]> {
  const all: Round[] = [];
  for (let n = 0; n <= rounds; n++) {
    const round: Partial<Round> = {};
    for (const way of turned(WAYS, n)) {
      const move = (round[way] = await mover.move(way));
      const { wall, downtime, reported, guestGap } = move;
      const shown = [wall, downtime, reported, guestGap].map(Math.round);
      say(
        `${n === 0 ? 'warming up' : `round ${n} of ${rounds}`}, ${way}: ${shown[0]} ms; down ${shown.slice(1).join(', ')}`,
      );
    }
    all.push(round as Round);
  }
  return all.slice(1);
}

async function hostVersions({ a }: Lab): Promise<Record<string, string>> {
  const said = await a.virsh('version', '--daemon');
  const of = (what: string): string =>
    new RegExp(`${what}: (?:\\w+ )?([\\d.]+)`).exec(said)?.[1] ?? 'unknown';
  return {
    libvirt: of('Running against daemon'),
    QEMU: of('Running hypervisor'),
    'Linux of the hosts': (await a.ssh('uname -r')).trim(),
  };
}

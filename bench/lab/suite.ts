/** `npm run bench:lab`: LiveMigrateVgpu beside an expert's script, on two real hosts. */
import type { Lab } from '../../lab/src/lab';
import { programVersions } from '../../lab/src/inspect';
import { LifecycleObserver } from '../../lab/src/lifecycle';
import { Migrations } from '../../lab/src/migrations';
import { startProduct } from '../../lab/src/product';
import { openLab } from '../../lab/src/session';
import { atExit } from '../../lab/src/exit';
import { cleanHosts } from '../../lab/src/clean';
import { turned } from '../harness/rounds';
import type { SuiteOutput } from '../harness/results';
import type { Context, Suite } from '../harness/suite';
import { type Round, labFigures, memoryFigures, stagesTimeline } from './figures';
import { type Move, Moves, WAYS } from './move';
import { OutsideAgents } from './outside-agents';

export const lab: Suite = {
  name: 'lab',
  summary: "one migration beside an expert's script, on two emulated hosts with real libvirt and QEMU",
  minutes: 30,
  rounds: 12,
  async run(context) {
    const { lab: hosts, end } = await openLab();
    try {
      return await onHosts(hosts, context);
    } finally {
      await end();
    }
  },
};

async function onHosts(hosts: Lab, context: Context): Promise<SuiteOutput> {
  await cleanHosts(hosts.hosts);
  const product = await startProduct(hosts);
  atExit(() => product.stopNow());
  const migrations = await Migrations.connect(product.address);
  const observer = await LifecycleObserver.open(hosts);
  const outside = await OutsideAgents.start(hosts, product.address);
  try {
    const moves = new Moves(hosts, observer, migrations);
    await moves.installScript();
    const agents = [hosts.a, hosts.b].map((host) => product.on(host).agent);
    const memory = (): Promise<number[]> => Promise.all(agents.map((agent) => agent.residentMb()));
    const idle = await memory();
    const rounds = await played(moves, context);
    const used = await memory();
    await cleanHosts(hosts.hosts);
    return {
      figures: [...labFigures(rounds), ...memoryFigures({ idle, used })],
      timelines: [stagesTimeline(rounds)],
      versions: await hostVersions(hosts),
    };
  } finally {
    await outside.stop();
    await observer.close();
    await migrations.close();
    await product.stop();
  }
}

/** The first round does not count: what it loads, the later ones find loaded. */
async function played(moves: Moves, { rounds, say }: Context): Promise<Round[]> {
  const all: Round[] = [];
  for (let n = 0; n <= rounds; n++) {
    const round: Partial<Round> = {};
    for (const way of turned(WAYS, n)) {
      const move = (round[way] = await moves.move(way));
      say(`${n === 0 ? 'warming up' : `round ${n} of ${rounds}`}, ${inWords(move)}`);
    }
    all.push(round as Round);
  }
  return all.slice(1);
}

function inWords({ way, wall, downtime, reported, guestGap, stages }: Move): string {
  const down = [downtime, reported, guestGap].map(Math.round).join(', ');
  const spent = stages.map(({ stage, ms }) => `${stage} ${ms}`).join(', ');
  return `${way}: ${Math.round(wall)} ms${spent && ` (${spent})`}; down ${down}`;
}

async function hostVersions({ a }: Lab): Promise<Record<string, string>> {
  const { libvirt, qemu, kernel } = await programVersions(a);
  return { libvirt, QEMU: qemu, 'Linux of the hosts': kernel };
}

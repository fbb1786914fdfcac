/** What is broken, how, and how it is mended. */
import { AGENT_PID } from '../src/agent';
import type { LabHost } from '../src/host';
import type { FaultName } from './cell';
import type { HostAction } from './on-host';
import type { Scene, Side } from './scene';

/** `outside`: by this program; `inside`: in a host, by a shell that waits there. */
export type Strike =
  | { where: 'outside'; strike(scene: Scene): Promise<void> }
  | { where: 'inside'; on: Side; action: HostAction };

export interface Fault {
  strike: Strike;
  /** How long it stays broken; `until-settled`: until the workflow has an end without it, or `HEAL_AT_LAST_MS`. */
  lastsMs: number | 'until-settled';
  mend(scene: Scene): Promise<void>;
}

/** A supervisor restarts what has died after about a second; libvirt's own unit, and ours, do. */
const RESTART_MS = 1_000;
const STOPPED_MS = 20_000;
const SHORT_CUT_MS = 10_000;

const startAgent = (side: Side) => (scene: Scene) => scene.product.on(scene[side]).agent.start();
const nothing = (): Promise<void> => Promise.resolve();

function agentKilled(side: Side): Fault {
  return {
    strike: inside(side, { prepare: `read -r pid <${AGENT_PID}`, act: 'kill -KILL $pid' }),
    lastsMs: RESTART_MS,
    mend: startAgent(side),
  };
}

function libvirtdKilled(side: Side): Fault {
  return {
    strike: inside(side, { prepare: 'pid=$(pidof libvirtd)', act: 'kill -KILL $pid' }),
    lastsMs: RESTART_MS,
    mend: (scene) => startLibvirtd(scene[side]),
  };
}

function libvirtdStopped(side: Side): Fault {
  return {
    strike: inside(side, { prepare: 'pid=$(pidof libvirtd)', act: 'kill -STOP $pid' }),
    lastsMs: STOPPED_MS,
    mend: async (scene) => void (await scene[side].ssh('kill -CONT $(pidof libvirtd)')),
  };
}

/** The pid file is read when it strikes: on the target the process is not there before. */
function qemuKilled(side: Side): Fault {
  return {
    strike: inside(side, { act: `set -- /run/libvirt/qemu/*.pid; read -r pid <$1; kill -KILL $pid` }),
    lastsMs: 0,
    mend: nothing,
  };
}

function linkCut(lastsMs: Fault['lastsMs']): Fault {
  return {
    strike: inside('destination', { act: 'ip link set eth1 down' }),
    lastsMs,
    mend: async (scene) => void (await scene.destination.ssh('ip link set eth1 up')),
  };
}

function temporalLinkCut(side: Side): Fault {
  return {
    strike: outside((scene) => Promise.resolve(scene.product.on(scene[side]).link.cut())),
    lastsMs: STOPPED_MS,
    mend: (scene) => Promise.resolve(scene.product.on(scene[side]).link.heal()),
  };
}

function inside(on: Side, action: HostAction): Strike {
  return { where: 'inside', on, action };
}

function outside(strike: (scene: Scene) => Promise<void>): Strike {
  return { where: 'outside', strike };
}

export const FAULT: Record<FaultName, Fault> = {
  'orchestrator-killed': {
    strike: outside(({ product }) => product.orchestrator.kill()),
    lastsMs: RESTART_MS,
    mend: ({ product }) => product.orchestrator.start(),
  },
  'temporal-killed': {
    strike: outside(({ product }) => product.temporal.kill()),
    lastsMs: RESTART_MS,
    mend: ({ product }) => product.temporal.startAgain(),
  },
  'source-agent-killed': agentKilled('source'),
  'destination-agent-killed': agentKilled('destination'),
  'source-agent-gone': { ...agentKilled('source'), lastsMs: 'until-settled' },
  'all-of-ours-killed': {
    strike: outside(killAllOfOurs),
    lastsMs: RESTART_MS,
    mend: async (scene) => {
      await scene.product.temporal.startAgain();
      await Promise.all([
        scene.product.orchestrator.start(),
        startAgent('source')(scene),
        startAgent('destination')(scene),
      ]);
    },
  },
  'source-libvirtd-killed': libvirtdKilled('source'),
  'destination-libvirtd-killed': libvirtdKilled('destination'),
  'source-libvirtd-stopped-20s': libvirtdStopped('source'),
  'destination-libvirtd-stopped-20s': libvirtdStopped('destination'),
  'source-qemu-killed': qemuKilled('source'),
  'destination-qemu-killed': qemuKilled('destination'),
  'link-cut': linkCut('until-settled'),
  'link-cut-10s': linkCut(SHORT_CUT_MS),
  'source-temporal-link-cut-20s': temporalLinkCut('source'),
  'destination-temporal-link-cut-20s': temporalLinkCut('destination'),
};

async function killAllOfOurs({ product, source, destination }: Scene): Promise<void> {
  await Promise.all([
    product.on(source).agent.kill(),
    product.on(destination).agent.kill(),
    product.orchestrator.kill(),
    product.temporal.kill(),
  ]);
}

/** As the host's boot starts it. */
export async function startLibvirtd(host: LabHost): Promise<void> {
  await host.ssh(
    'pidof libvirtd >/dev/null || { rm -f /run/libvirtd.pid; /usr/sbin/libvirtd -d -l; } </dev/null >/dev/null 2>&1',
  );
}

/** The product's agent inside a host: started, stopped as a supervisor would, killed, and held still. */
import type { z } from 'zod';
import type { configSchema } from '../../src/agent/config';
import type { Section } from '../../src/doctor';
import { OUTSIDE } from './boot';
import type { LabHost } from './host';
import { unitEnvironment } from './unit-environment';
import { waitUntil } from './wait';

const AGENT = '/opt/app/dist/src/cli/main.js';
const AGENT_CONFIG = '/run/vgpu-ferry/agent.json';
export const AGENT_PID = '/run/vgpu-ferry/agent.pid';
const DOCTOR_LIMIT_MS = 180_000;
/** The agent gives itself 20 s. */
const AGENT_STOP_SECONDS = 25;
export const AGENT_LOG = '/var/log/vgpu-ferry-agent.log';

/** One that a run that was broken off has left. */
const END_FORMER = `pid=$(cat ${AGENT_PID} 2>/dev/null) && grep -q vgpu-ferry /proc/$pid/cmdline 2>/dev/null && kill -KILL $pid`;

const UNIT_ENVIRONMENT = Object.entries(unitEnvironment())
  .map(([name, value]) => `${name}=${value}`)
  .join(' ');

export type AgentSettings = Pick<z.input<typeof configSchema>, 'peers' | 'requireTls'>;

export class LabAgent {
  constructor(
    readonly host: LabHost,
    private readonly peer: LabHost,
    /** On the outside machine; the host's own way to Temporal. */
    private readonly temporalPort: number,
  ) {}

  /** Returns when the process is on its way; see `ready`. `settings` of its configuration come before its usual ones. */
  async start(settings: Partial<AgentSettings> = {}): Promise<void> {
    const { host, peer } = this;
    const config = {
      host: host.name,
      stateDir: '/var/lib/vgpu-ferry',
      libvirtUri: 'qemu:///system',
      peers: { [peer.name]: { libvirtUri: peer.peerUri } },
      ...settings,
    };
    await host.writeFile(AGENT_CONFIG, JSON.stringify(config));
    await host.ssh(
      `${END_FORMER}
       [ -e ${AGENT_LOG} ] && cat ${AGENT_LOG} >>${AGENT_LOG}.old
       ${UNIT_ENVIRONMENT} TEMPORAL_ADDRESS=${OUTSIDE}:${this.temporalPort} setsid nohup node ${AGENT} agent --config ${AGENT_CONFIG} \
         >${AGENT_LOG} 2>&1 </dev/null & echo $! >${AGENT_PID}`,
    );
  }

  async ready(): Promise<void> {
    await waitUntil(`the agent of ${this.host.name}`, () => agentReady(this.host), {
      timeoutMs: 300_000,
      everyMs: 500,
      onTimeout: () => agentLogTail(this.host),
    });
  }

  /** What the doctor says on this host, of the configuration that its agent was started with. */
  async doctor(): Promise<Section[]> {
    const { stdout } = await this.host.trySsh(
      `TEMPORAL_ADDRESS=${OUTSIDE}:${this.temporalPort} node ${AGENT} doctor --config ${AGENT_CONFIG} --json`,
      DOCTOR_LIMIT_MS,
    );
    return (JSON.parse(stdout) as { sections: Section[] }).sections;
  }

  /** Megabytes of its memory that are the host's now. */
  async residentMb(): Promise<number> {
    const status = await this.host.ssh(`grep VmRSS /proc/$(cat ${AGENT_PID})/status`);
    return Number(/(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  async isAlive(): Promise<boolean> {
    return (await this.host.trySsh(`kill -0 $(cat ${AGENT_PID})`)).code === 0;
  }

  async kill(): Promise<void> {
    await this.host.ssh(`kill -KILL $(cat ${AGENT_PID})`);
  }

  freeze(): Promise<void> {
    return freezeAgent(this.host);
  }

  thaw(): Promise<void> {
    return thawAgent(this.host);
  }

  stop(): Promise<void> {
    return stopAgent(this.host);
  }
}

/** Stops the agent as its supervisor would. One that does not end in time is killed, and the lab fails for it. */
async function stopAgent(host: LabHost): Promise<void> {
  const { code } = await host.trySsh(`
    pid=$(cat ${AGENT_PID} 2>/dev/null) || exit 0
    rm ${AGENT_PID}
    kill -CONT $pid 2>/dev/null && kill $pid || exit 0
    timeout ${AGENT_STOP_SECONDS} tail --pid=$pid -f /dev/null && exit 0
    kill -KILL $pid
    exit 1`);
  if (code !== 0) {
    throw new Error(
      `the agent of ${host.name} did not end within ${AGENT_STOP_SECONDS} s of SIGTERM:\n${await agentLogTail(host)}`,
    );
  }
}

/** Holds the agent where it is; what it would do next waits until `thawAgent`. */
export async function freezeAgent(host: LabHost): Promise<void> {
  await host.ssh(`kill -STOP $(cat ${AGENT_PID})`);
}

/** One that was killed meanwhile has nothing to go on with. */
export async function thawAgent(host: LabHost): Promise<void> {
  await host.ssh(`kill -CONT $(cat ${AGENT_PID}) || true`);
}

async function agentReady(host: LabHost): Promise<boolean> {
  const { code } = await host.trySsh(`grep -q '"msg":"agent ready"' ${AGENT_LOG}`);
  if (code === 0) return true;
  const alive = await host.trySsh(`kill -0 $(cat ${AGENT_PID})`);
  if (alive.code !== 0) throw new Error(`the agent of ${host.name} has ended:\n${await agentLogTail(host)}`);
  return false;
}

async function agentLogTail(host: LabHost): Promise<string> {
  return (await host.trySsh(`tail -n 30 ${AGENT_LOG}`)).stdout;
}

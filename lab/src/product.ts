/** The product around and inside the hosts: Temporal and the orchestrator outside, an agent in each host. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedTemporal } from '../../src/temporal/embedded';
import type { LabHost } from './host';
import { REPOSITORY } from './image';
import type { Lab } from './lab';
import { endProcess, isOurs, killNow } from './processes';
import { waitUntil } from './wait';

const ORCHESTRATOR = join(REPOSITORY, 'dist/src/cli/main.js');
const AGENT = '/opt/app/node_modules/vgpu-ferry/dist/src/cli/main.js';
const AGENT_CONFIG = '/run/vgpu-ferry/agent.json';
const AGENT_PID = '/run/vgpu-ferry/agent.pid';
/** The agent gives itself 20 s. */
const AGENT_STOP_SECONDS = 25;
export const AGENT_LOG = '/var/log/vgpu-ferry-agent.log';
/** QEMU's user network shows the outside machine's loopback to the hosts under this address. */
const OUTSIDE = '10.0.2.2';

export interface Product {
  /** Temporal's address, from outside. */
  address: string;
  uiUrl: string;
  stop(): Promise<void>;
  /** When nothing can be awaited any more. */
  stopNow(): void;
}

export async function startProduct(lab: Lab): Promise<Product> {
  const temporal = await startEmbeddedTemporal();
  const orchestratorPid = startOrchestrator(lab, temporal.address);
  let running = true;
  const stop = async () => {
    const ended = await Promise.allSettled([
      ...[stopAgent(lab.a), stopAgent(lab.b)],
      endProcess(orchestratorPid, ORCHESTRATOR),
    ]);
    await temporal.stop();
    running = false;
    const failed = ended.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
  };
  try {
    await Promise.all([
      orchestratorReady(lab, orchestratorPid),
      startAgent(lab.a, lab.b, temporal.address),
      startAgent(lab.b, lab.a, temporal.address),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ address: temporal.address, uiUrl: temporal.uiUrl, stop },
    stopNow: () => {
      if (!running) return;
      killNow(orchestratorPid, ORCHESTRATOR);
      process.kill(temporal.pid, 'SIGKILL');
    },
  };
}

export async function startAgent(host: LabHost, peer: LabHost, temporalAddress: string): Promise<void> {
  const config = {
    host: host.name,
    stateDir: '/var/lib/vgpu-ferry',
    libvirtUri: 'qemu:///system',
    peers: { [peer.name]: { libvirtUri: peer.peerUri } },
  };
  await host.writeFile(AGENT_CONFIG, JSON.stringify(config));
  const port = temporalAddress.split(':').at(-1) ?? '';
  await host.ssh(
    `TEMPORAL_ADDRESS=${OUTSIDE}:${port} setsid nohup node ${AGENT} agent --config ${AGENT_CONFIG} \
       >${AGENT_LOG} 2>&1 </dev/null & echo $! >${AGENT_PID}`,
  );
  await waitUntil(`the agent of ${host.name}`, () => agentReady(host), {
    timeoutMs: 180_000,
    everyMs: 500,
    onTimeout: () => agentLogTail(host),
  });
}

/** Stops the agent as its supervisor would. One that does not end in time is killed, and the lab fails for it. */
export async function stopAgent(host: LabHost): Promise<void> {
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

export async function thawAgent(host: LabHost): Promise<void> {
  await host.ssh(`kill -CONT $(cat ${AGENT_PID})`);
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

function orchestratorLog(lab: Lab): string {
  return join(lab.folder, 'orchestrator.log');
}

function startOrchestrator(lab: Lab, address: string): number {
  const log = openSync(orchestratorLog(lab), 'a');
  const child = spawn(process.execPath, [ORCHESTRATOR, 'orchestrator'], {
    cwd: lab.folder,
    env: { ...process.env, TEMPORAL_ADDRESS: address },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  if (child.pid === undefined) throw new Error(`could not start ${ORCHESTRATOR}`);
  return child.pid;
}

async function orchestratorReady(lab: Lab, pid: number): Promise<void> {
  const log = () => readFile(orchestratorLog(lab), 'utf8');
  const ready = async () => {
    if (!isOurs(pid, ORCHESTRATOR)) throw new Error(`the orchestrator has ended:\n${await log()}`);
    return (await log()).includes('"msg":"orchestrator ready"');
  };
  await waitUntil('the orchestrator', ready, { timeoutMs: 60_000, onTimeout: log });
}

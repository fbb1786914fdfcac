/**
 * The agents of both hosts outside of the emulation, as programs of this machine that reach libvirt over the network: how much
 * of a migration's time is that the lab emulates their JavaScript too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import pino from 'pino';
import { type RunningAgent, startAgentFromConfig } from '../../src/agent/start';
import { createLibvirtHypervisor } from '../../src/hypervisor/libvirt';
import type { LabHost } from '../../lab/src/host';
import type { Lab } from '../../lab/src/lab';
import { seenFromOutside } from '../../lab/src/outside';
import { quietTemporal } from '../../test/support/ferry';

export class OutsideAgents {
  private constructor(
    private readonly connection: NativeConnection,
    private readonly folder: string,
    private readonly agents: RunningAgent[],
  ) {}

  static async start({ a, b }: Lab, address: string): Promise<OutsideAgents> {
    quietTemporal();
    const connection = await NativeConnection.connect({ address });
    const folder = mkdtempSync(join(tmpdir(), 'vgpu-ferry-outside-'));
    const started = new OutsideAgents(connection, folder, []);
    try {
      for (const [host, peer] of [
        [a, b],
        [b, a],
      ] as const)
        started.agents.push(await agentOf(host, peer, connection, folder));
      return started;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const agent of this.agents) {
      agent.shutdown();
      await agent.done;
      await agent.close();
    }
    await this.connection.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Beside the host's own agent, so under another name. */
export const outside = ({ name }: LabHost): string => `outside-${name}`;

async function agentOf(
  host: LabHost,
  peer: LabHost,
  connection: NativeConnection,
  folder: string,
): Promise<RunningAgent> {
  const config = {
    ...{ host: outside(host), stateDir: join(folder, host.name), libvirtUri: host.libvirtUri },
    ...{ maxMigrations: 1, profiles: {}, requireTls: false, reconcileEveryMinutes: 0, askQemu: false },
    peers: { [outside(peer)]: { libvirtUri: peer.peerUri } },
  };
  const hypervisor = seenFromOutside(await createLibvirtHypervisor({ uri: host.libvirtUri }), peer);
  const log = pino({ level: process.env.VGPU_FERRY_LOG_LEVEL ?? 'silent' });
  return startAgentFromConfig({ config, connection, namespace: 'default', log, hypervisor });
}

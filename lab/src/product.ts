/**
 * The product around and inside the hosts: Temporal and the orchestrator outside, an agent in each host. Each piece, and
 * each agent's link to Temporal, can be broken and mended by itself.
 */
import type { LabHost } from './host';
import type { Lab } from './lab';
import { LabAgent } from './agent';
import { LabOrchestrator } from './orchestrator';
import { LabTemporal } from './temporal';
import { TemporalLink } from './temporal-link';

export { AGENT_LOG, freezeAgent, thawAgent } from './agent';

/** What belongs to one host. */
export interface HostParts {
  agent: LabAgent;
  /** Between this host's agent and Temporal. */
  link: TemporalLink;
}

export interface Product {
  /** Temporal's address, from outside. */
  address: string;
  uiUrl: string;
  temporal: LabTemporal;
  orchestrator: LabOrchestrator;
  on(host: LabHost): HostParts;
  stop(): Promise<void>;
  /** When nothing can be awaited any more. */
  stopNow(): void;
}

export async function startProduct(lab: Lab): Promise<Product> {
  const temporal = await LabTemporal.start(lab);
  const orchestrator = new LabOrchestrator(lab, temporal.address);
  const a = await partsOf(lab.a, lab.b, temporal);
  const b = await partsOf(lab.b, lab.a, temporal);
  let running = true;
  const stop = async () => {
    const ended = await Promise.allSettled([a.agent.stop(), b.agent.stop(), orchestrator.stop()]);
    await Promise.all([a.link.close(), b.link.close()]);
    await temporal.stop();
    running = false;
    const failed = ended.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
  };
  try {
    await Promise.all([a.agent, b.agent, orchestrator].map(startAndWait));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ address: temporal.address, uiUrl: temporal.uiUrl, temporal, orchestrator, stop },
    on: (host) => (host.name === lab.a.name ? a : b),
    stopNow: () => {
      if (!running) return;
      orchestrator.stopNow();
      temporal.stopNow();
    },
  };
}

async function partsOf(host: LabHost, peer: LabHost, temporal: LabTemporal): Promise<HostParts> {
  const link = await TemporalLink.to(temporal.port);
  return { agent: new LabAgent(host, peer, link.port), link };
}

async function startAndWait(part: LabAgent | LabOrchestrator): Promise<void> {
  await part.start();
  await part.ready();
}

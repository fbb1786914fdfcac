/** The hypervisor that a configuration names. */
import { type Logger, createLibvirtHypervisor } from '../hypervisor/libvirt';
import type { Hypervisor } from '../hypervisor/port';
import { createSimulatedHypervisor, fileStore } from '../hypervisor/simulated';
import type { AgentConfig } from './config';

export async function openHypervisor(config: AgentConfig, logger?: Logger): Promise<Hypervisor> {
  if (config.simulatedFleet === undefined)
    return createLibvirtHypervisor({ uri: config.libvirtUri, ...(logger && { logger }) });
  return createSimulatedHypervisor({ host: config.host, store: fileStore(config.simulatedFleet) });
}

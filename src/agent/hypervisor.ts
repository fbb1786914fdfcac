/** The hypervisor that a configuration names. */
import { rightsFault } from '../checks';
import { type Logger, createLibvirtHypervisor } from '../hypervisor/libvirt';
import type { Hypervisor } from '../hypervisor/port';
import { createSimulatedHypervisor, fileStore } from '../hypervisor/simulated';
import { thisUser } from '../this-user';
import type { AgentConfig } from './config';

export async function openHypervisor(config: AgentConfig, logger?: Logger): Promise<Hypervisor> {
  if (config.simulatedFleet === undefined)
    return createLibvirtHypervisor({ uri: config.libvirtUri, ...(logger && { logger }) });
  return createSimulatedHypervisor({ host: config.host, store: fileStore(config.simulatedFleet) });
}

/** For the log of an agent that starts: it waits for a libvirt that is away, but nobody would look for a missing right. */
export async function tellWhetherItAnswers(
  hypervisor: Hypervisor,
  { host, libvirtUri, simulatedFleet }: Pick<AgentConfig, 'host' | 'libvirtUri' | 'simulatedFleet'>,
  log: Logger,
): Promise<void> {
  try {
    await hypervisor.versions();
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const refused = rightsFault(said, { host, user: thisUser });
    const found = refused
      ? `${refused.what} ${refused.fix}`
      : `The hypervisor (${simulatedFleet ?? libvirtUri}) does not answer: ${said}.`;
    log.warn(
      { host, error: said },
      `${found} While that is so, no guest can be migrated from or to this host.`,
    );
  }
}

/** The libvirt adapter's door: `createLibvirtHypervisor`. */
import type { Hypervisor } from '../port';
import { useEventLoop } from './event-loop';
import { LibvirtHypervisor } from './hypervisor';
import type { Logger } from './migration';

export { LibvirtNotInstalledError } from './errors';
export type { Logger } from './migration';

/** With libvirt's five probes a silent daemon is given up after 30 s. */
const KEEP_ALIVE_SECONDS = 5;

export interface LibvirtOptions {
  /** libvirt's URI of the local daemon, for example `qemu:///system`. */
  uri: string;
  /** Between the probes of an idle connection; 0 = none. */
  keepAliveSeconds?: number;
  /** In place of this machine's own, when the URI is another one's. */
  kernelRelease?: string;
  logger?: Logger;
}

/**
 * Loads libvirt (LibvirtNotInstalledError if it is not there) but opens no connection yet: the first call does, and any
 * call after a lost connection, so a daemon that is not up, or has gone to sleep, is no reason to fail here.
 */
export async function createLibvirtHypervisor(options: LibvirtOptions): Promise<Hypervisor> {
  return new LibvirtHypervisor({
    uri: options.uri,
    keepAliveSeconds: options.keepAliveSeconds ?? KEEP_ALIVE_SECONDS,
    kernelRelease: options.kernelRelease,
    logger: options.logger,
    eventLoop: await useEventLoop(),
  });
}

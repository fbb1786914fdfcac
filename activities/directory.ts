/** Looking things up on a host, for a client that knows a guest by its name. */
import type { DirectoryActivities } from '../src/contract';
import type { HostDeps } from './deps';
import { typed } from './failures';
import { findGuestInput, readInput } from './inputs';

export function createDirectoryActivities({ host, hypervisor }: HostDeps): DirectoryActivities {
  return {
    async findGuest(raw) {
      const { guest } = readInput(findGuestInput, raw);
      const domains = await typed(host, () => hypervisor.listDomains());
      return domains
        .filter(({ uuid, name }) => uuid === guest.toLowerCase() || name === guest)
        .map(({ uuid, name }) => ({ uuid, name }));
    },
  };
}

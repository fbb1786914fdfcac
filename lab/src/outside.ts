/** A host's hypervisor for who stands outside of the lab: this process, instead of a program of that host. */
import type { Hypervisor } from '../../src/hypervisor/port';
import type { LabHost } from './host';

/**
 * The peer's libvirt has two URIs: the host's daemon migrates to the one between the hosts, and from outside there is another.
 * `change` stands in for further calls.
 */
export function seenFromOutside(
  hypervisor: Hypervisor,
  peer: Pick<LabHost, 'libvirtUri'>,
  change: Partial<Hypervisor> = {},
): Hypervisor {
  const connectPeer: Hypervisor['connectPeer'] = (_uri, ...how) =>
    hypervisor.connectPeer(peer.libvirtUri, ...how);
  const own: Partial<Hypervisor> = { connectPeer, ...change };
  return new Proxy(hypervisor, {
    get(target, name: keyof Hypervisor) {
      const member = own[name] ?? target[name];
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

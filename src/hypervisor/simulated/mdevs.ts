/** Mediated devices of one host: what its parents still offer, creating, destroying, who uses one. */
import type { CreateMdev, MdevDevice, MdevTypeOffer } from '../port';
import { mdevsOf } from './domain-def';
import { mdevExists, mdevInUse, noInstances, noParent, unknownType } from './errors';
import type { DomainState, HostState, MdevState, ParentState } from './state';

export function offers(host: HostState): MdevTypeOffer[] {
  return Object.entries(host.parents).flatMap(([parent, state]) =>
    Object.entries(state.types).map(([type, { name }]) => ({
      parent,
      type,
      name,
      availableInstances: instancesLeft(host, parent, type),
    })),
  );
}

function instancesLeft(host: HostState, parentName: string, type: string): number {
  const parent = host.parents[parentName] as ParentState;
  const active = host.mdevs.filter((mdev) => mdev.active && mdev.parent === parentName);
  if (parent.oneTypeAtATime && active.some((mdev) => mdev.type !== type)) return 0;
  const used = active.reduce((sum, mdev) => sum + costOf(parent, mdev.type), 0);
  return Math.max(0, Math.floor((parent.capacity - used) / costOf(parent, type)));
}

function costOf(parent: ParentState, type: string): number {
  return parent.types[type]?.cost ?? 0;
}

export function describeMdev({ resuming: _hidden, ...device }: MdevState): MdevDevice {
  return device;
}

export function createMdev(host: HostState, { uuid, type, parent, persistent }: CreateMdev): void {
  const offering = host.parents[parent];
  if (!offering) throw noParent(parent);
  if (!offering.types[type]) throw unknownType(parent, type);
  if (findMdev(host, uuid)) throw mdevExists();
  if (instancesLeft(host, parent, type) < 1) throw noInstances(parent, type);
  host.mdevs.push({ uuid, type, parent, active: true, persistent, autostart: persistent, resuming: false });
}

export function destroyMdev(host: HostState, uuid: string): void {
  const mdev = findMdev(host, uuid);
  if (!mdev) return;
  if (userOf(host, uuid)) throw mdevInUse(uuid, mdev.parent);
  host.mdevs = host.mdevs.filter((other) => other !== mdev);
}

export function findMdev(host: HostState, uuid: string): MdevState | undefined {
  return host.mdevs.find((mdev) => mdev.uuid === uuid);
}

/** The domain whose running copy holds the device. */
export function userOf(host: HostState, uuid: string): DomainState | undefined {
  return host.domains.find((domain) => mdevsOf(domain.live).includes(uuid));
}

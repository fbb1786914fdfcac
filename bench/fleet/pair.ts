/** A pair of simulated hosts whose work takes no time: what is left is the control plane's. */
import { type FleetState, MemoryStore, SAMPLE_VERSIONS, emptyFleet } from '../../src/hypervisor/simulated';
import { addHost, startGuest } from '../../src/hypervisor/simulated/control';
import { parseDef } from '../../src/hypervisor/simulated/domain-def';
import { hostsRunning } from '../../src/hypervisor/simulated/domains';
import { metadata } from '../suites/documents';
import type { Placement } from './ipc';
import { type FleetPlan, guestUuid, hostsOf } from './plan';

const GPU = 'pci_0000_41_00_0';
const TYPE = 'bench-1';

/** Infinite bandwidth would make 0 × infinity of nothing to send. */
const NO_TIME = {
  prepareMs: 0,
  linkBytesPerSec: 1e30,
  deviceStateMs: 0,
  finishMs: 0,
  confirmMs: 0,
};

export interface Pair {
  fleet: FleetState;
  store: MemoryStore;
  guests: string[];
}

export function makePair(pair: number, plan: FleetPlan): Pair {
  const fleet = emptyFleet(Date.now(), NO_TIME);
  const [source, destination] = hostsOf(pair);
  const room = plan.guestsPerPair * plan.mdevsPerGuest * 2 + plan.othersOnDestination;
  const gpu = { capacity: room, oneTypeAtATime: true, types: { [TYPE]: { name: null, cost: 1 } } };
  for (const name of [source, destination])
    addHost(fleet, { name, versions: SAMPLE_VERSIONS, parents: { [GPU]: structuredClone(gpu) } });
  const add = (host: string, name: string, mdevs: number, uuid?: string): void => {
    startGuest(fleet, {
      host,
      name,
      mdevs,
      type: TYPE,
      parent: GPU,
      memoryMiB: 4096,
      ...(uuid !== undefined && { uuid }),
    });
  };
  const guests = Array.from({ length: plan.guestsPerPair }, (_, i) => guestUuid(pair, i));
  guests.forEach((uuid, i) => add(source, `guest-${i}`, plan.mdevsPerGuest, uuid));
  for (let i = 0; i < plan.othersOnDestination; i++) add(destination, `other-${i}`, 1);
  if (plan.xmlBytes > 0) padGuests(fleet, source, guests, plan.xmlBytes);
  return { fleet, store: new MemoryStore(fleet), guests };
}

function padGuests(fleet: FleetState, host: string, guests: string[], bytes: number): void {
  for (const domain of fleet.hosts[host]?.domains ?? []) {
    if (!guests.includes(domain.uuid)) continue;
    for (const kind of ['live', 'inactive'] as const) {
      const xml = domain[kind]?.xml;
      if (xml === undefined || xml.length >= bytes) continue;
      domain[kind] = parseDef(xml.replace('  <devices>', `${metadata(bytes - xml.length)}  <devices>`));
    }
  }
}

export function placementOf(pairs: readonly Pair[]): Placement {
  return {
    runsOn: Object.fromEntries(
      pairs.flatMap(({ fleet, guests }) => guests.map((guest) => [guest, hostsRunning(fleet, guest)])),
    ),
    doubleRuns: pairs.reduce((sum, { fleet }) => sum + fleet.doubleRuns.length, 0),
  };
}

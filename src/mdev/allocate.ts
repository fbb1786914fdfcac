/**
 * Which device serves which request. Pure: the same inputs give the same answer. A free existing device comes first, then
 * a new one on a parent with room; all requests are counted together, and either all are served or none.
 */
import type { ClaimedMdev } from '../contract';
import { byName, freeDevices, type HostMdevs } from './inventory';
import { Room } from './room';

export interface MdevRequest {
  /** The guest's device on its source. */
  source: string;
  type: string;
}

/** A type of which this host has too few. */
export interface Shortage {
  type: string;
  requested: number;
  /** Existing devices that are free. */
  free: number;
  /** New ones that fit, beside what is planned for the request's other types. */
  creatable: number;
}

export type Allocation = { ok: true; mdevs: ClaimedMdev[] } | { ok: false; shortages: Shortage[] };

/** A device of a plan; without `target` it is to be made. */
interface Served {
  target?: string;
  parent: string;
}

/** `mdevs` are in the order of `requests`. */
export function allocate(
  requests: readonly MdevRequest[],
  host: HostMdevs,
  newUuid: () => string,
): Allocation {
  const served = serveAll(requests, host);
  const shortages = [...served].flatMap(([type, devices]) => shortageOf(type, devices, requests, host));
  if (shortages.length > 0) return { ok: false, shortages };
  return {
    ok: true,
    mdevs: requests.map((request) => assignment(request, served.get(request.type)?.shift(), newUuid)),
  };
}

/** As many devices of each type as are asked for, or as there are. */
function serveAll(requests: readonly MdevRequest[], host: HostMdevs): Map<string, Served[]> {
  const types = [...new Set(requests.map(({ type }) => type))];
  const existing = new Map(
    types.map((type) => [type, freeDevices(host, type).slice(0, countOf(type, requests))]),
  );
  const room = new Room(host);
  // A type with one possible parent must not find it taken by a type that could go elsewhere.
  const pickiestFirst = [...types].sort((a, b) => room.choices(a) - room.choices(b) || byName(a, b));
  const created = new Map(
    pickiestFirst.map((type) => [
      type,
      makeRoom(room, type, countOf(type, requests) - (existing.get(type)?.length ?? 0)),
    ]),
  );
  return new Map(
    types.map((type) => [
      type,
      [
        ...(existing.get(type) ?? []).map(({ uuid, parent }) => ({ target: uuid, parent })),
        ...(created.get(type) ?? []),
      ],
    ]),
  );
}

function makeRoom(room: Room, type: string, count: number): Served[] {
  return Array.from({ length: count }, () => room.take(type)).flatMap((parent) =>
    parent === undefined ? [] : { parent },
  );
}

function shortageOf(
  type: string,
  served: Served[],
  requests: readonly MdevRequest[],
  host: HostMdevs,
): Shortage[] {
  const requested = countOf(type, requests);
  if (served.length === requested) return [];
  const free = freeDevices(host, type).length;
  return [{ type, requested, free, creatable: served.length - free }];
}

function assignment(
  { source, type }: MdevRequest,
  served: Served | undefined,
  newUuid: () => string,
): ClaimedMdev {
  // No shortage was found, so each request has its device.
  if (!served) throw new Error(`No device was planned for ${source} although none was found missing.`);
  return {
    type,
    source,
    target: served.target ?? newUuid(),
    parent: served.parent,
    created: served.target === undefined,
  };
}

function countOf(type: string, requests: readonly MdevRequest[]): number {
  return requests.filter((request) => request.type === type).length;
}

/** What must be true on the destination before anything is claimed there. All failures are told at once. */
import type { FailedCheck, GuestOnHost, HostVersions } from '../contract';
import { protocolChecks } from './protocol';
import { versionChecks } from './versions';
import { describeGuest } from './words';

/** A type of which the host has too few, as the allocation counted. */
export interface TypeShortage {
  type: string;
  requested: number;
  free: number;
  creatable: number;
}

export interface DestinationCheckFacts {
  host: string;
  protocol: number;
  requiredProtocol: number;
  versions: HostVersions;
  guest: GuestOnHost;
  /** Types of the guest's mediated devices. */
  types: readonly string[];
  /** Types that this host knows: its parents offer them, with room or without, or it has devices of them. */
  knownTypes: ReadonlySet<string>;
  /** Of the allocation of all requests together; empty if each can be served. */
  shortages: readonly TypeShortage[];
}

export function destinationChecks(facts: DestinationCheckFacts): FailedCheck[] {
  const { host } = facts;
  return [
    ...protocolChecks(host, facts.protocol, facts.requiredProtocol),
    ...guestChecks(host, facts.guest),
    ...(facts.types.length > 0 ? versionChecks(host, facts.versions) : []),
    ...typeChecks(facts),
    ...capacityChecks(facts),
  ];
}

/** Also a definition alone is in the way: the migration would replace it. */
function guestChecks(host: string, guest: GuestOnHost): FailedCheck[] {
  if (guest.state === 'absent') return [];
  return [
    {
      check: 'guest-absent',
      host,
      found: describeGuest(guest),
      required: 'no guest of that UUID on the destination, neither running nor defined',
      fix: 'See what it is; if it is a left-over, undefine it there. Never start it while the guest runs on the source.',
    },
  ];
}

function typeChecks({ host, types, knownTypes }: DestinationCheckFacts): FailedCheck[] {
  const unknown = [...new Set(types)].filter((type) => !knownTypes.has(type));
  return unknown.map((type) => ({
    check: 'mdev-type-offered',
    host,
    found: `mdev type ${type} is not offered here; offered: ${[...knownTypes].sort().join(', ') || 'none'}`,
    required: `a parent device that offers ${type}`,
    fix: 'Choose a host with the same kind of device and driver, or enable the type on this one.',
  }));
}

/** A type that isn't offered at all is told once, not as a shortage too. */
function capacityChecks({ host, shortages, knownTypes }: DestinationCheckFacts): FailedCheck[] {
  return shortages
    .filter(({ type }) => knownTypes.has(type))
    .map(({ type, requested, free, creatable }) => ({
      check: 'mdev-capacity',
      host,
      found: `for mdev type ${type}: ${free} free, ${creatable} more can be created`,
      required: `${requested} of ${type}, together with all other devices of the guest`,
      fix: 'Free devices on this host, or choose another destination.',
    }));
}

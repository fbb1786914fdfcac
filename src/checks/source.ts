/** What must be true on the source before anything moves. All failures are told at once. */
import type { FailedCheck, GuestOnHost, HostVersions, MdevUse } from '../contract';
import { protocolChecks } from './protocol';
import { versionChecks } from './versions';
import { describeGuest } from './words';

export interface SourceCheckFacts {
  /** Host id of the source, where these facts are from. */
  host: string;
  destination: string;
  protocol: number;
  requiredProtocol: number;
  versions: HostVersions;
  guest: GuestOnHost;
  mdevs: readonly MdevUse[];
  /** How the live and the persistent XML differ in their devices; null if they don't, or the guest is transient. */
  mdevDifference: { liveOnly: readonly string[]; inactiveOnly: readonly string[] } | null;
  /** Why QEMU would refuse, in its own words; none if it would not, or was not asked. */
  blockers: readonly string[];
}

/** A check's finding; undefined if it is passed. */
type Row = (facts: SourceCheckFacts) => Omit<FailedCheck, 'host'> | undefined;

const SOURCE_ROWS: readonly Row[] = [
  ({ host, destination }) =>
    host !== destination
      ? undefined
      : {
          check: 'other-host',
          found: `source and destination are both ${host}`,
          required: 'two different hosts',
          fix: 'Name another destination.',
        },

  // Paused by its user, a guest can be moved and stays paused. Any other pause is a state that somebody has to end first.
  ({ guest }) =>
    guest.state === 'running' || (guest.state === 'paused' && guest.reason === 'user')
      ? undefined
      : {
          check: 'guest-state',
          found: describeGuest(guest),
          required: 'a guest that runs here, or that its user has paused',
          fix: 'Start or resume the guest, or name the host that it runs on.',
        },

  // libvirt has one job a domain, and would refuse ours.
  ({ guest }) =>
    (guest.state !== 'running' && guest.state !== 'paused') || guest.job === 'none'
      ? undefined
      : {
          check: 'guest-job',
          found: describeGuest(guest),
          required: 'a guest without a running job',
          fix: "Wait for the job to end, or end it ('virsh domjobabort').",
        },

  ({ mdevs }) => {
    const unknown = mdevs.filter(({ type }) => type === null).map(({ uuid }) => uuid);
    if (unknown.length === 0) return undefined;
    return {
      check: 'mdev-type',
      found: `the guest's XML names ${unknown.join(', ')}, which this host does not know`,
      required: 'every mediated device of the guest to be known here with its type',
      fix: "Compare the guest's XML with 'virsh nodedev-list --cap mdev'.",
    };
  },

  ({ mdevDifference }) =>
    mdevDifference === null
      ? undefined
      : {
          check: 'mdev-definition',
          found: `in the running guest only: ${listOf(mdevDifference.liveOnly)}; in its definition only: ${listOf(mdevDifference.inactiveOnly)}`,
          required: 'the same mediated devices in the running guest and in its persistent definition',
          fix: "Bring the definition in line ('virsh edit'), or start the guest anew.",
        },

  ({ blockers }) =>
    blockers.length === 0
      ? undefined
      : {
          check: 'qemu-blockers',
          found: `QEMU refuses: ${blockers.join('; ')}`,
          required: 'a guest that its QEMU would let go',
          fix: 'Take away what it names (a device, a disk format, a mounted file system), or let the guest stay.',
        },
];

export function sourceChecks(facts: SourceCheckFacts): FailedCheck[] {
  return [
    ...protocolChecks(facts.host, facts.protocol, facts.requiredProtocol),
    ...SOURCE_ROWS.flatMap((row) => row(facts) ?? []).map((failed) => ({ ...failed, host: facts.host })),
    ...(facts.mdevs.length > 0 ? versionChecks(facts.host, facts.versions) : []),
  ];
}

function listOf(uuids: readonly string[]): string {
  return uuids.join(', ') || 'none';
}

/** One look at both hosts; a host whose own agent is away is looked at by the other's agent, as far as that can count. */
import { patched } from '@temporalio/workflow';
import type { SideObservation } from '../src/contract';
import type { Host } from './host';
import { classify, sourceRuns } from './ownership';
import type { SideClass } from './ownership-table';

/** A side as it was seen: by its own agent, or through the other host's. */
export interface Seen {
  host: Host;
  /** What counts for the decision. */
  state: SideObservation;
  /** Its own agent did not answer. */
  away: boolean;
  /** What its hypervisor told the other host's agent, whether it counts or not; null = it was not asked, or is silent. */
  throughPeer: Exclude<SideObservation, { state: 'unreachable' }> | null;
}

export interface BothSeen {
  source: Seen;
  destination: Seen;
}

/** The source's own agent alone knows whether it is about to begin the job; what has gone can't begin any more. */
const GONE: readonly SideClass[] = ['absent', 'left', 'destroyed', 'lost', 'ended'];

type Side = keyof BothSeen;

export class Lookout {
  /** The guest may go on there, unseen: what is told later of its end says nothing of the move. */
  private sourceWentOn = false;

  constructor(
    private readonly hosts: Record<Side, Host>,
    private readonly looks: {
      /** Both agents know how to look at a peer. */
      atPeers: boolean;
      /** The destination's peer is known to be the source: it has shown the guest. */
      believesAbsent: boolean;
    },
    /** Whose agent is believed to be away: then its peer is asked at once, beside it. */
    private suspect: Side | null,
  ) {}

  async look(): Promise<BothSeen> {
    const { source, destination } = this.hosts;
    const early = this.suspect && this.looksAtPeers() ? this.askPeerOf(this.suspect) : null;
    const [onSource, onDestination] = await Promise.all([source.observe(), destination.observe(), early]);
    const seen = { source: seenBy(source, onSource), destination: seenBy(destination, onDestination) };
    const suspected = this.suspect;
    this.suspect = onlyOneAway(seen);
    if (this.suspect === null || !this.looksAtPeers()) return seen;
    const told = this.suspect === suspected && early ? await early : await this.askPeerOf(this.suspect);
    if (told.state !== 'unreachable') this.take(seen, this.suspect, told);
    return seen;
  }

  private looksAtPeers(): boolean {
    return this.looks.atPeers && patched('look-at-peers');
  }

  private askPeerOf(side: Side): Promise<SideObservation> {
    const peer = this.hosts[side === 'source' ? 'destination' : 'source'];
    return peer.observe(this.hosts[side].name);
  }

  private take(seen: BothSeen, side: Side, told: NonNullable<Seen['throughPeer']>): void {
    seen[side].throughPeer = told;
    if (side === 'source') this.sourceWentOn ||= sourceRuns(told);
    if (side === 'destination' || this.isGone(told)) seen[side].state = told;
  }

  /** A host that has never shown the guest may be another one, by a mistake in the configuration. */
  private isGone(told: SideObservation): boolean {
    if (this.sourceWentOn || !GONE.includes(classify(told))) return false;
    return told.state !== 'absent' || this.looks.believesAbsent;
  }
}

/** With both away there is nobody to ask. */
function onlyOneAway({ source, destination }: BothSeen): Side | null {
  if (source.away === destination.away) return null;
  return source.away ? 'source' : 'destination';
}

function seenBy(host: Host, state: SideObservation): Seen {
  return { host, state, away: state.state === 'unreachable', throughPeer: null };
}

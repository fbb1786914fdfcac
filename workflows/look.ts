/** One look at both hosts; a host whose own agent is away is looked at by the other's agent, as far as that can count. */
import { patched } from '@temporalio/workflow';
import type { SideObservation } from '../src/contract';
import type { Host } from './host';
import { classify } from './ownership';
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
const GONE: readonly SideClass[] = ['absent', 'left', 'destroyed', 'ended'];
/** The guest may go on there, unseen: what is told later of its end says nothing of the move. */
const WENT_ON: readonly SideClass[] = ['running', 'held'];

export class Lookout {
  private sourceWentOn = false;

  constructor(
    private readonly source: Host,
    private readonly destination: Host,
    /** Both agents know how to look at a peer. */
    private readonly agentsLookAtPeers: boolean,
  ) {}

  async look(): Promise<BothSeen> {
    const [source, destination] = await Promise.all([this.source.observe(), this.destination.observe()]);
    const seen = { source: seenBy(this.source, source), destination: seenBy(this.destination, destination) };
    if (seen.source.away !== seen.destination.away && this.agentsLookAtPeers && patched('look-at-peers'))
      await this.lookThroughPeer(seen);
    return seen;
  }

  private async lookThroughPeer({ source, destination }: BothSeen): Promise<void> {
    const [side, other] = source.away ? [source, destination] : [destination, source];
    const told = await other.host.observe(side.host.name);
    if (told.state === 'unreachable') return;
    side.throughPeer = told;
    if (side === source) this.sourceWentOn ||= WENT_ON.includes(classify(told));
    const counts = side === destination || (!this.sourceWentOn && GONE.includes(classify(told)));
    if (counts) side.state = told;
  }
}

function seenBy(host: Host, state: SideObservation): Seen {
  return { host, state, away: state.state === 'unreachable', throughPeer: null };
}

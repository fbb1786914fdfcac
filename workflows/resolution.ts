/** What follows when a person has said where the guest is. Pure; docs/concepts.md has it in words. */
import type { GuestOnHost, Resolution, SideObservation } from '../src/contract';
import { type Decision, classify, classifyDestination, decideOwner } from './ownership';
import { OFF, type OwnershipContext, type SideClass } from './ownership-table';

type Side = 'source' | 'destination';

interface Sides {
  source: SideObservation;
  destination: SideObservation;
}

/** Copies that an operator's word ends: all that is there and is not the guest. */
const COPIES: readonly SideClass[] = ['running', 'held', 'stopped', 'busy'];

/** A host whose hypervisor answers is not off; and a copy that it shows is one to be ended, not to be overlooked. */
export interface SaidOf extends Sides {
  sourceHost: string;
  destinationHost: string;
  /** What the hypervisor of a host whose agent is away told the other's agent, though the table does not go by it. */
  throughPeer?: Partial<Record<Side, GuestOnHost | null>>;
}

/**
 * The table, read with what the operator knows: a host that was fenced and does not answer has no copy; and a copy that was
 * named is the guest, whatever the other one does. A job in flight is still libvirt's to finish.
 */
export function decideWith(
  resolution: Resolution | null,
  sides: SaidOf,
  context: OwnershipContext,
): Decision {
  const source = seenWith(resolution, sides, 'source');
  const destination = seenWith(resolution, sides, 'destination');
  if (resolution === null || 'fenced' in resolution || classify(source) === 'busy')
    return decideOwner(source, destination, context);
  const kept = resolution.guestIsOn;
  const other: Side = kept === 'source' ? 'destination' : 'source';
  const shown = sides.throughPeer?.[other];
  return decideFor(kept, { source, destination, ...(shown && { [other]: shown }) }, context);
}

function seenWith(resolution: Resolution | null, sides: SaidOf, side: Side): SideObservation {
  const host = sides[`${side}Host`];
  const fenced = resolution !== null && 'fenced' in resolution && resolution.fenced === host;
  const silent = sides[side].state === 'unreachable' && !sides.throughPeer?.[side];
  return fenced && silent ? { state: 'absent' } : sides[side];
}

function decideFor(kept: Side, sides: Sides, { pausedByUser }: OwnershipContext): Decision {
  const other: Side = kept === 'source' ? 'destination' : 'source';
  const classes = { source: classify(sides.source), destination: classifyDestination(sides.destination) };
  const said = `an operator has said that the guest is on the ${kept}`;
  if (!COPIES.includes(classes[kept]) || classes[kept] === 'busy') {
    const what = classes[kept] === 'unreachable' ? 'which does not answer' : 'where no copy is alive';
    return { owner: 'unknown', why: `${said}, ${what}`, act: null };
  }
  const verdict = { owner: kept, why: said };
  if (COPIES.includes(classes[other])) return { ...verdict, act: actOn(other, 'destroy', sides) };
  if (other === 'destination' && OFF.includes(classes.destination))
    return { ...verdict, act: actOn('destination', 'undefine', sides) };
  const starts =
    classes[kept] === 'stopped' || (classes[kept] === 'held' && kept === 'destination' && !pausedByUser);
  return { ...verdict, act: starts ? actOn(kept, 'resume', sides) : null };
}

/** Only a copy that runs needs the operator's word to be ended. */
function actOn(on: Side, act: 'destroy' | 'undefine' | 'resume', sides: Sides): Decision['act'] {
  const expect = sides[on] as GuestOnHost;
  return { on, act, expect, ...(act === 'destroy' && expect.state === 'running' && { byOperator: true }) };
}

/** The person of a run: looks whether the workflow waits honestly, and then says what the hosts cannot tell. */
import {
  type WorkflowHandle,
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import {
  type GuestOnHost,
  type MigrationProgress,
  type Resolution,
  ErrorType,
  PROGRESS_QUERY,
} from '../../src/contract';
import { observeGuest } from '../../src/hypervisor/simulated/domains';
import type { FleetState } from '../../src/hypervisor/simulated';
import { wasGivenBack } from '../../src/temporal/commands';
import { classify, classifyDestination } from '../../workflows/ownership';
import { type SideClass, OWNERSHIP_TABLE } from '../../workflows/ownership-table';
import type { Blows } from './blows';
import type { Side } from './faults';
import type { Lane } from './lane';

export interface Scene {
  handle: WorkflowHandle;
  lane: Lane;
  guest: string;
  blows: Blows;
  /** Which of two running copies is named. */
  preferred: Side;
}

/** While it waits, nothing may be touched for this long. */
const UNTOUCHED_MS = 700;

export type Verdict =
  | { said: Resolution }
  | { nothingToSay: string }
  | { wrong: string }
  /** It waits, and has not told anybody yet. */
  | { unsaid: string }
  | undefined;

/** Undefined: it does not wait for a person, or not any more. */
export async function judgeAndResolve(scene: Scene): Promise<Verdict> {
  const why = await honestWait(scene);
  if (why === undefined) return undefined;
  const before = await shownByHosts(scene);
  await new Promise((resolve) => setTimeout(resolve, UNTOUCHED_MS));
  const progress = await progressOf(scene);
  if (!(await honestWait(scene)) || !(await scene.blows.calm())) return undefined;
  if (progress && !progress.attention) return { unsaid: why };
  if ((await shownByHosts(scene)) !== before)
    return { wrong: `it waits (${why}), and something was touched` };
  const resolution = await whatToSay(scene);
  if (resolution === undefined) return { nothingToSay: why };
  return say(scene, resolution);
}

/** A host that is off: a wait for it to finalize, clean up or release ends by saying so. */
export async function dealWithLostHost(scene: Scene): Promise<Verdict> {
  const { blows, lane } = scene;
  if (blows.lost === undefined) return undefined;
  const progress = await progressOf(scene);
  if (!progress?.waitingFor || !progress.allowed.includes('resolve')) return undefined;
  return say(scene, { fenced: lane.hosts[blows.lost] });
}

async function say({ handle, lane }: Scene, resolution: Resolution): Promise<Verdict> {
  if ('guestIsOn' in resolution)
    lane.store.sentenced = lane.hosts[resolution.guestIsOn === 'source' ? 'destination' : 'source'];
  try {
    await handle.executeUpdate('resolve', { args: [resolution] });
    return { said: resolution };
  } catch (error) {
    lane.store.sentenced = undefined;
    if (error instanceof WorkflowNotFoundError) return undefined;
    if (wasGivenBack(error) || !(error instanceof WorkflowUpdateFailedError)) return undefined; // asked again
    const type = error.cause instanceof ApplicationFailure ? error.cause.type : undefined;
    return type === ErrorType.CommandRefused
      ? undefined
      : { wrong: `resolve failed: ${String(error.cause)}` };
  }
}

/** The words of a workflow that waits for a person, if the table gives it that right in the state that the hosts are in. */
async function honestWait(scene: Scene): Promise<string | undefined> {
  const waitingFor = (await progressOf(scene))?.waitingFor;
  if (!waitingFor) return undefined;
  const [source, destination] = await classes(scene);
  const row = OWNERSHIP_TABLE.find(
    (one) =>
      (one.owner === 'unknown' || one.owner === 'split-brain') &&
      one.source.includes(source) &&
      one.destination.includes(destination) &&
      waitingFor.includes(one.why),
  );
  return row?.why;
}

/** The side whose copy is alive; of two the one that runs, of two that run the preferred one. */
async function whatToSay(scene: Scene): Promise<Resolution | undefined> {
  const { preferred, blows } = scene;
  if (blows.lost) return { fenced: scene.lane.hosts[blows.lost] };
  const [source, destination] = await classes(scene);
  const sides: Side[] = preferred === 'source' ? ['source', 'destination'] : ['destination', 'source'];
  for (const shown of ['running', 'held', 'stopped'])
    for (const side of sides)
      if ((side === 'source' ? source : destination) === shown) return { guestIsOn: side };
  return undefined;
}

async function classes({ lane, guest }: Scene): Promise<[SideClass, SideClass]> {
  const fleet = await lane.fleet.snapshot();
  return [
    classify(seen(fleet, lane.hosts.source, guest)),
    classifyDestination(seen(fleet, lane.hosts.destination, guest)),
  ];
}

async function shownByHosts({ lane, guest }: Scene): Promise<string> {
  const fleet = await lane.fleet.snapshot();
  const { source, destination } = lane.hosts;
  const claims = lane.ledgerFiles('destination', 'claims');
  return JSON.stringify([seen(fleet, source, guest), seen(fleet, destination, guest), claims.sort()]);
}

function seen(fleet: FleetState, host: string, guest: string): GuestOnHost {
  return observeGuest(fleet, fleet.hosts[host]!, guest);
}

/** Null while no orchestrator answers. */
function progressOf({ handle }: Scene): Promise<MigrationProgress | null> {
  return handle.query<MigrationProgress>(PROGRESS_QUERY).catch(() => null);
}

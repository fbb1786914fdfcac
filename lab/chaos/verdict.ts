/** Which outcomes of a cell are right, and what makes one wrong. Pure. */
import { PATIENCE } from '../src/patience';
import type { Cell, FaultName, PointName } from './cell';

export interface Seen {
  runsOn: 'source' | 'destination' | 'both' | 'none';
  copiesSeenMax: number;
  leakedMdevs: string[];
  leakedClaims: string[];
  /** See checks.ts; empty for a guest that does not run. */
  harm: string[];
  end: { how: 'completed' | 'failed' | 'attention' | 'open'; detail: string };
  settledMs: number;
  /** See `Row`. Null = not in time, or not looked for. */
  runsAgainMs: number | null;
  /** What came of a person's word; null = none was needed. */
  resolved: Resolved | null;
}

/** After the update `resolve`. */
export interface Resolved {
  keep: 'source' | 'destination';
  end: Seen['end'];
  /** From the update until the workflow had ended. */
  tookMs: number;
  leakedMdevs: string[];
  leakedClaims: string[];
  /** Of the copy that was kept, and of the other one, which has to be gone. */
  harm: string[];
}

export type Outcome = 'source' | 'destination' | 'ended' | 'split-said';

const AFTER_THE_MOVE: readonly PointName[] = ['finalize', 'cleanup'];

/** Deaths and cuts of what is ours. The job is libvirt's and goes on, or is begun when they are back: the migration completes. */
const OURS: readonly FaultName[] = [
  'orchestrator-killed',
  'temporal-killed',
  'source-agent-killed',
  'destination-agent-killed',
  'source-agent-gone',
  'all-of-ours-killed',
  'source-temporal-link-cut-20s',
  'destination-temporal-link-cut-20s',
];

/** A split brain is found and said within a minute. */
export const SPLIT_BRAIN_SAID_WITHIN_MS = 60_000;
/** The guest that its own agent should have resumed: found out by the missing heartbeats (5 s), two looks and an act. Longer on a machine that is known to be slow. */
export const RESUMED_WITHIN_MS = 20_000 * PATIENCE;

/** Where the guest may be in the end. */
export function rightOutcomes({ fault, point, switchover }: Cell): Outcome[] {
  if (fault === 'source-qemu-killed') return point === 'finish' ? ['destination', 'ended'] : ['ended'];
  if (fault === 'destination-qemu-killed') {
    if (AFTER_THE_MOVE.includes(point)) return ['ended'];
    return point === 'finish' ? ['source', 'ended'] : ['source'];
  }
  if (AFTER_THE_MOVE.includes(point)) return ['destination'];
  if (OURS.includes(fault) && point !== 'before-claim') return ['destination'];
  // libvirt's own way: the link's death at Finish is what the fence is for.
  if (fault.startsWith('link-cut') && point === 'finish' && switchover === 'libvirt')
    return ['source', 'destination', 'split-said'];
  return ['source', 'destination'];
}

export function verdictOf(cell: Cell, seen: Seen): string {
  const wrong = [...wrongOutcome(cell, seen), ...wrongTraces(cell, seen)];
  return wrong.length === 0 ? 'ok' : `wrong: ${wrong.join('; ')}`;
}

function wrongOutcome(cell: Cell, seen: Seen): string[] {
  const right = rightOutcomes(cell);
  const outcome = outcomeOf(seen);
  if (outcome === undefined) return [`guest on ${seen.runsOn}, workflow ${wordOf(seen)}`];
  if (!right.includes(outcome))
    return [`outcome ${outcome} (workflow ${wordOf(seen)}), right is ${right.join(' or ')}`];
  if (outcome === 'split-said' && seen.settledMs > SPLIT_BRAIN_SAID_WITHIN_MS)
    return [`the split brain was said after ${seen.settledMs} ms only`];
  if (cell.fault === 'source-agent-gone' && (seen.runsAgainMs ?? Infinity) > RESUMED_WITHIN_MS)
    return ['without the agent of the source the guest was not resumed in time'];
  return [];
}

/** Where the guest is and what the workflow says have to agree; undefined = they do not. */
export function outcomeOf({ runsOn, end }: Seen): Outcome | undefined {
  if (end.how === 'attention') return runsOn === 'both' ? 'split-said' : undefined;
  if (runsOn === 'destination') return end.how === 'completed' ? 'destination' : undefined;
  if (runsOn === 'source')
    return end.how === 'failed' && end.detail !== 'GuestEndedDuringMigration' ? 'source' : undefined;
  // After finalize, what becomes of the guest is not the migration's to say.
  if (runsOn === 'none')
    return end.detail === 'GuestEndedDuringMigration' || end.how === 'completed' ? 'ended' : undefined;
  return undefined;
}

function wrongTraces(cell: Cell, seen: Seen): string[] {
  const split = outcomeOf(seen) === 'split-said' && rightOutcomes(cell).includes('split-said');
  const copies = split ? 2 : 1;
  return [
    ...(seen.copiesSeenMax > copies ? [`${seen.copiesSeenMax} copies ran`] : []),
    ...(split ? wrongResolution(seen.resolved) : [...leaks(seen), ...seen.harm]),
  ];
}

/** With both copies running nothing is released: the claims are kept until a person has decided, and no longer. */
function wrongResolution(resolved: Resolved | null): string[] {
  if (resolved === null) return ['nobody resolved the split brain'];
  const { keep, end } = resolved;
  const right = keep === 'destination' ? 'completed' : 'failed';
  return [
    ...(end.how === right
      ? []
      : [`after resolve (guest is on the ${keep}) the workflow: ${wordOf(resolved)}`]),
    ...[...leaks(resolved), ...resolved.harm].map((wrong) => `after resolve: ${wrong}`),
  ];
}

function leaks({ leakedMdevs, leakedClaims }: Pick<Seen, 'leakedMdevs' | 'leakedClaims'>): string[] {
  return [
    ...leakedMdevs.map((mdev) => `mdev left, ${mdev}`),
    ...leakedClaims.map((claim) => `record left, ${claim}`),
  ];
}

export function wordOf({ end: { how, detail } }: Pick<Seen, 'end'>): string {
  return detail === '' ? how : `${how}: ${detail}`;
}

/** What a cell of the crash matrix is, and what a run says of it. */
import type { SwitchoverPolicy } from '../../src/contract';

export const FAULTS = [
  'orchestrator-killed',
  'temporal-killed',
  'source-agent-killed',
  'destination-agent-killed',
  'source-agent-gone',
  'all-of-ours-killed',
  'source-libvirtd-killed',
  'destination-libvirtd-killed',
  'source-libvirtd-stopped-20s',
  'destination-libvirtd-stopped-20s',
  'source-qemu-killed',
  'destination-qemu-killed',
  'link-cut',
  'link-cut-10s',
  'source-temporal-link-cut-20s',
  'destination-temporal-link-cut-20s',
] as const;
export type FaultName = (typeof FAULTS)[number];

export const POINTS = [
  'before-claim',
  'after-claim',
  'job-started',
  'pre-copy',
  'switchover',
  'finish',
  'confirm',
  'finalize',
  'cleanup',
] as const;
export type PointName = (typeof POINTS)[number];

export interface Cell {
  fault: FaultName;
  point: PointName;
  switchover: SwitchoverPolicy;
}

/** One row of docs/reliability.json. */
export interface Row extends Cell {
  /** `source`, `destination`, `both`, `none`. */
  guestRunsOn: string;
  copiesSeenMax: number;
  /** From the strike until the workflow had ended, or said that it needs a person. */
  settledMs: number;
  leakedMdevs: number;
  leakedClaims: number;
  /**
   * Only where the agent that should resume the guest is gone: from the strike, or from when the target holds it, until it was
   * seen to run; null = not in time.
   */
  runsAgainMs?: number | null;
  /** How the workflow ended: `completed`, or the type of its failure, or what it waits for. */
  workflow: string;
  /** Only after a split brain: what came of the update `resolve`. The leaks are counted after it. */
  resolved?: string;
  /** `ok`, or `wrong: ` and why. */
  verdict: string;
  /** Commit of what was played: a long matrix is played in parts. */
  build: string;
}

/** What a run of a cell says; the report adds of which build. */
export type Played = Omit<Row, 'build'>;

export function nameOf({ fault, point, switchover }: Cell): string {
  return `${fault}/${point}/${switchover}`;
}

const FROM_THE_JOB_ON: readonly PointName[] = [
  'job-started',
  'pre-copy',
  'switchover',
  'finish',
  'finalize',
  'cleanup',
];

/** Confirm is the source's own affair: only its libvirtd can be hit there. */
const MOST_POINTS = POINTS.filter((point) => point !== 'confirm');

/** Points at which a fault means anything: most, unless named here. */
const POINTS_OF: Partial<Record<FaultName, readonly PointName[]>> = {
  'source-libvirtd-killed': POINTS,
  'source-agent-gone': ['switchover', 'finish'],
  'all-of-ours-killed': ['after-claim', 'job-started', 'pre-copy', 'switchover', 'finish', 'finalize'],
  // Before it there is no such process; after it the source's is gone.
  'source-qemu-killed': ['before-claim', 'after-claim', 'job-started', 'pre-copy', 'switchover', 'finish'],
  'destination-qemu-killed': FROM_THE_JOB_ON,
};

/** Until the job has begun, and once the guest has moved, both ways of switching over are the same. */
const ALIKE: readonly PointName[] = ['before-claim', 'after-claim', 'finalize', 'cleanup'];

export function allCells(): Cell[] {
  return (['fenced', 'libvirt'] as const).flatMap((switchover) =>
    FAULTS.flatMap((fault) =>
      (POINTS_OF[fault] ?? MOST_POINTS)
        .filter((point) => switchover === 'fenced' || !ALIKE.includes(point))
        .map((point) => ({ fault, point, switchover })),
    ),
  );
}

/** The most telling ones, for every build: at half a minute to two minutes each they are six. */
export const CI_CELLS: readonly Cell[] = [
  { fault: 'source-agent-gone', point: 'switchover', switchover: 'fenced' },
  { fault: 'source-libvirtd-killed', point: 'finish', switchover: 'fenced' },
  { fault: 'link-cut', point: 'finish', switchover: 'fenced' },
  { fault: 'link-cut', point: 'finish', switchover: 'libvirt' },
];

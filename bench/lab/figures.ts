/** Pure: what the moves in the lab come to. */
import { type Figure, type FigureSpec, atMost, figure } from '../harness/figure';
import type { Timeline } from '../harness/results';
import { median } from '../harness/statistics';
import type { Move, Way } from './move';

/** The round's moves, one a way. */
export type Round = Record<Way, Move>;

type Quantity = 'wall' | 'downtime' | 'reported' | 'guestGap';

const WORDS: Record<Quantity, string> = {
  wall: 'wall time of one migration',
  downtime: "downtime, from the source's SUSPENDED to the target's RESUMED",
  reported: 'downtime as libvirt reports it',
  guestGap: "downtime as the guest's own counter saw it",
};
const QUANTITIES = Object.keys(WORDS) as Quantity[];

const IDLE_MOST_MB = 120;

const SCRIPT: Way = 'by hand';
/** As a user has them. */
const OURS: readonly Way[] = ["libvirt's switchover", 'fenced'];

/** Wall time has one both ways; downtime where there is no fence. */
function goalOf(quantity: Quantity, way: Way): Pick<FigureSpec, 'goal'> {
  if (quantity === 'wall') return { goal: atMost('ratio', 1.1) };
  return quantity === 'downtime' && way !== 'fenced' ? { goal: atMost('ratio', 1.05) } : {};
}

export function labFigures(rounds: readonly Round[]): Figure[] {
  const of = (way: Way, quantity: Quantity): number[] => rounds.map((round) => round[way][quantity]);
  const beside = QUANTITIES.flatMap((quantity) =>
    OURS.map((way) =>
      figure({
        ...{ name: `${WORDS[quantity]}, ${way}`, unit: 'ms', values: of(way, quantity) },
        baseline: { name: "an expert's script", values: of(SCRIPT, quantity) },
        ...goalOf(quantity, way),
      }),
    ),
  );
  return [...beside, ...fenceFigures(rounds), ...distanceFigures(rounds)];
}

/** Of the distance between the script and us: what a lasting device costs, and what is left when the agents are not emulated. */
function distanceFigures(rounds: readonly Round[]): Figure[] {
  const wall = (way: Way): number[] => rounds.map((round) => round[way].wall);
  return [
    figure({
      ...{ name: 'the script with a device that outlives a reboot', unit: 'ms', values: wall('lasting') },
      baseline: { name: "an expert's script", values: wall(SCRIPT) },
    }),
    ...OURS.map((way) =>
      figure({
        ...{ name: `${way}, beside that script`, unit: 'ms', values: wall(way) },
        baseline: { name: 'the script with a device that outlives a reboot', values: wall('lasting') },
      }),
    ),
    figure({
      ...{ name: 'fenced, by agents that are not emulated', unit: 'ms', values: wall('agents outside') },
      baseline: { name: 'that script, not emulated either', values: wall('script outside') },
    }),
  ];
}

/** What the fence waits for, and what comes after that. */
function fenceFigures(rounds: readonly Round[]): Figure[] {
  const ended = rounds.map(({ fenced }) => fenced.sourceEnded);
  const after = rounds.map(({ fenced }) => fenced.downtime - fenced.sourceEnded);
  const ms = (name: string, values: number[]): Figure => figure({ name, unit: 'ms', values });
  return [
    ms("fence: from the source's SUSPENDED until its copy can run no more (SHUTDOWN)", ended),
    ms("fence: from then until the target's RESUMED", after),
  ];
}

/** Of the agents of both hosts, in megabytes. Memory does not show that they are emulated. */
export function memoryFigures({ idle, used }: { idle: number[]; used: number[] }): Figure[] {
  const memory = (when: string, values: number[], goal: Pick<FigureSpec, 'goal'> = {}): Figure =>
    figure({ name: `agent with a real libvirt: resident memory ${when}`, unit: 'MB', values, ...goal });
  return [
    memory('before its first migration', idle, { goal: atMost('median', IDLE_MOST_MB) }),
    memory('after its last', used),
  ];
}

/** Where the time of one migration goes: medians of the stages, one after another, and what is around them. */
export function stagesTimeline(rounds: readonly Round[]): Timeline {
  const spans = [...OURS, 'agents outside' as const].flatMap((way) => {
    const moves = rounds.map((round) => round[way]);
    const names = moves[0]?.stages.map(({ stage }) => stage) ?? [];
    let from = 0;
    return names.map((stage) => {
      const took = median(moves.map((move) => move.stages.find((one) => one.stage === stage)?.ms ?? 0));
      const span = { row: way, kind: stage, from, to: from + took };
      from = span.to;
      return span;
    });
  });
  const scripts = [SCRIPT, 'lasting' as const, 'script outside' as const].map((way) => ({
    ...{ row: way, kind: 'script', from: 0 },
    to: median(rounds.map((round) => round[way].wall)),
  }));
  return { name: 'lab-stages', title: 'One migration in the lab, medians', spans: [...scripts, ...spans] };
}

/** What the project set itself to reach, and whether the measured figures reach it. */
import type { Figure } from './harness/figure';
import type { Results } from './harness/results';

interface GoalSpec {
  goal: string;
  /** Of the suite's figures those that decide. */
  by: { suite: string; figures: RegExp };
}

export interface GoalRow {
  goal: string;
  measured: string;
  verdict: 'met' | 'not met' | 'not measured yet';
}

export const GOALS: readonly GoalSpec[] = [
  {
    goal: "In the lab: wall time at most 1.10 times an expert's script",
    by: { suite: 'lab', figures: /^wall time of one migration/ },
  },
  {
    goal: "In the lab: downtime without the fence at most 1.05 times the script's",
    by: { suite: 'lab', figures: /^downtime, from the source's SUSPENDED .*, libvirt's switchover$/ },
  },
  {
    goal: "One migration's control plane at most 6 round trips of an empty activity",
    by: { suite: 'control-plane', figures: /^one migration of no work, beside one empty activity$/ },
  },
  {
    goal: 'At most 40 events of history',
    by: { suite: 'control-plane', figures: /^history of one migration$/ },
  },
  {
    goal: 'At most 10 KiB of history',
    by: { suite: 'control-plane', figures: /^size of that history$/ },
  },
  {
    goal: 'With 1000 in flight, each guest ends on its destination',
    by: {
      suite: 'control-plane',
      figures: /^(guests that are not where they belong|migrations that failed), 1000 in flight/,
    },
  },
  {
    goal: 'With 1000 in flight, at least 0.9 of the throughput of a bare workflow',
    by: { suite: 'control-plane', figures: /^migrations of no work, 1000 in flight/ },
  },
  { goal: 'Idle agent: at most 120 MB', by: { suite: 'agent', figures: /^agent, idle: resident memory$/ } },
  {
    goal: 'The same with a real libvirt',
    by: { suite: 'lab', figures: /^agent with a real libvirt: resident memory before/ },
  },
  { goal: 'Idle agent: at most 0.5 % of a core', by: { suite: 'agent', figures: /^agent, idle: CPU$/ } },
  {
    goal: 'Agent ready within 1.5 s of its start',
    by: { suite: 'agent', figures: /^agent: from its start until it is ready$/ },
  },
  {
    goal: "A typical guest's XML rewritten and verified within 1 ms",
    by: { suite: 'micro', figures: /^typical guest's XML/ },
  },
  {
    goal: 'A claim at most 3 bare fsyncs',
    by: { suite: 'micro', figures: /^claim of one mdev, durable$/ },
  },
  { goal: 'Cost linear in each direction of growth', by: { suite: 'growth', figures: /^growth of / } },
];

export function goalRows(results: Results): GoalRow[] {
  return GOALS.map(({ goal, by }) => {
    const suite = results.suites[by.suite];
    const figures = suite
      ? suite.figures.filter(({ name, met }) => by.figures.test(name) && met !== null)
      : [];
    if (figures.length === 0) return { goal, measured: '', verdict: 'not measured yet' };
    const verdict = figures.every(({ met }) => met) ? 'met' : 'not met';
    return { goal, measured: worst(figures), verdict };
  });
}

/** Of those that miss it, if any does, the first; and of how many. */
function worst(figures: readonly Figure[]): string {
  const shown = figures.find(({ met }) => !met) ?? figures[0]!;
  const of = shown.goal?.of ?? 'median';
  const value = of === 'ratio' ? `${shown.ratio} times` : `${shown[of]} ${shown.unit}`;
  if (figures.length === 1) return value;
  const missed = figures.filter(({ met }) => !met).length;
  return missed === 0
    ? `all ${figures.length}`
    : `${missed} of ${figures.length} miss it; ${shown.name}: ${value}`;
}

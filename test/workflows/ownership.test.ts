/** The ownership table: every combination of the two sides and of the context, and every observation's class. */
import type { SideObservation } from '../../src/contract';
import { classify, decideOwner, rowsFor } from '../../workflows/ownership';
import { type OwnershipContext, type SideClass, OWNERSHIP_TABLE } from '../../workflows/ownership-table';

const examples: Record<SideClass, SideObservation> = {
  unreachable: { state: 'unreachable', why: 'no answer' },
  absent: { state: 'absent' },
  left: { state: 'shut-off', reason: 'migrated', persistent: true },
  destroyed: { state: 'shut-off', reason: 'destroyed', persistent: true },
  lost: { state: 'shut-off', reason: 'daemon', persistent: true },
  ended: { state: 'shut-off', reason: 'shutdown', persistent: true },
  busy: { state: 'running', reason: 'booted', job: 'outgoing', persistent: true },
  running: { state: 'running', reason: 'booted', job: 'none', persistent: true },
  held: { state: 'paused', reason: 'user', job: 'none', persistent: true },
  stopped: { state: 'paused', reason: 'migration', job: 'none', persistent: true },
};

/** A destination is busy while it takes in the guest. */
const onDestination: Record<SideClass, SideObservation> = {
  ...examples,
  busy: { state: 'paused', reason: 'migration', job: 'incoming', persistent: false },
};

/** The ordinary case, that the first grid is for. */
const ORDINARY: OwnershipContext = {
  ...{ pausedByUser: false, sourceRan: false, sourceStopped: false },
  ...{ fenced: true, persistent: true },
};

/**
 * One line a source class, one column a destination class. S source owns, D destination owns, E the guest ended,
 * F in flight, U unknown, X split brain; then the act: s/d = on which side, then r resume, d destroy, u undefine.
 */
const grid = `
             unreachable  absent  left   destroyed  lost   ended  busy   running  held   stopped
unreachable  U            U       U      U          U      U      U      D        U      U
absent       U            E       D      D          D      D      U      D        D+dr   D+dr
left         U            E       D      D          D      D      U      D        D+dr   D+dr
destroyed    U            E       D      D          D      D      U      D        D+dr   E+dd
lost         U            E       E+du   E+du       E+du   E+du   U      D        U      E+dd
ended        U            E       E+du   E+du       E+du   E+du   U      D        U      E+dd
busy         F            F       F      F          F      F      F      F        F      F
running      U            S       S+du   S+du       S+du   S+du   S+dd   X        S+dd   S+dd
held         U            S       S+du   S+du       S+du   S+du   S+dd   X        S+dd   S+dd
stopped      U            S+sr    S+du   S+du       S+du   S+du   U      D+sd     D+sd   S+dd
`;

type Cell = { source: SideClass; destination: SideClass; cell: string };
type Change = [source: SideClass[], destination: SideClass[], cell: string];

const OFF: SideClass[] = ['left', 'destroyed', 'lost', 'ended'];

/** What differs from the grid in another context. */
const CONTEXTS: { name: string; context: Partial<OwnershipContext>; changes: Change[] }[] = [
  { name: 'the ordinary case', context: {}, changes: [] },
  {
    name: 'a guest that its user had paused is never resumed on the destination',
    context: { pausedByUser: true },
    changes: [
      [['absent', 'left', 'destroyed'], ['held'], 'D'],
      [['absent', 'left'], ['stopped'], 'D'],
    ],
  },
  {
    name: 'a source that stood still when its daemon was lost, and was then found gone, has not run since',
    context: { sourceStopped: true },
    changes: [[['lost'], ['held'], 'D+dr']],
  },
  {
    name: 'and its guest stays paused if its user had paused it',
    context: { sourceStopped: true, pausedByUser: true },
    changes: [
      [['absent', 'left', 'destroyed', 'lost'], ['held'], 'D'],
      [['absent', 'left'], ['stopped'], 'D'],
    ],
  },
  {
    name: 'unless it was seen to go on',
    context: { sourceStopped: true, sourceRan: true },
    changes: [
      [['unreachable'], ['running'], 'U'],
      [['absent', ...OFF], ['held', 'stopped'], 'E+dd'],
      [['absent', 'left', 'destroyed'], OFF, 'E+du'],
      [['stopped'], ['held'], 'U'],
    ],
  },
  {
    name: 'once the source has gone on, a copy on the destination is stale',
    context: { sourceRan: true },
    changes: [
      [['unreachable'], ['running'], 'U'],
      [['absent', ...OFF], ['held', 'stopped'], 'E+dd'],
      [['absent', 'left', 'destroyed'], OFF, 'E+du'],
      [['stopped'], ['held'], 'U'],
    ],
  },
  {
    name: "with libvirt's own switchover the destination may have run the guest to its end, and a silent source may run it too",
    context: { fenced: false },
    changes: [
      [['stopped'], OFF, 'U'],
      [['unreachable'], ['running'], 'U'],
    ],
  },
  {
    name: 'and a transient guest leaves no trace of that',
    context: { fenced: false, persistent: false },
    changes: [
      [['stopped'], OFF, 'U'],
      [['stopped'], ['absent'], 'U'],
      [['unreachable'], ['running'], 'U'],
    ],
  },
];

const owners = {
  S: 'source',
  D: 'destination',
  E: 'ended',
  F: 'in-flight',
  U: 'unknown',
  X: 'split-brain',
} as const;
const sides = { s: 'source', d: 'destination' } as const;
const acts = { r: 'resume', d: 'destroy', u: 'undefine' } as const;

function cells(changes: Change[]): Cell[] {
  const [head, ...lines] = grid
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return lines.flatMap(([source, ...row]) =>
    row.map((cell, i) =>
      changed({ source: source as SideClass, destination: head![i] as SideClass, cell }, changes),
    ),
  );
}

function changed(cell: Cell, changes: Change[]): Cell {
  const change = changes.find(
    ([source, destination]) => source.includes(cell.source) && destination.includes(cell.destination),
  );
  return change ? { ...cell, cell: change[2] } : cell;
}

function parse(cell: string): { owner: string; act: { on: string; act: string } | null } {
  const [owner, act] = cell.split('+');
  return {
    owner: owners[owner as keyof typeof owners],
    act: act ? { on: sides[act[0] as keyof typeof sides], act: acts[act[1] as keyof typeof acts] } : null,
  };
}

const ALL_CONTEXTS: OwnershipContext[] = Array.from({ length: 32 }, (_, bits) => ({
  pausedByUser: (bits & 1) !== 0,
  sourceRan: (bits & 2) !== 0,
  fenced: (bits & 4) !== 0,
  persistent: (bits & 8) !== 0,
  sourceStopped: (bits & 16) !== 0,
}));

test('the grid covers every combination', () => {
  expect(cells([])).toHaveLength(100);
});

describe.each(CONTEXTS)('$name', ({ context, changes }) => {
  test.each(cells(changes))(
    'source $source, destination $destination: $cell',
    ({ source, destination, cell }) => {
      const { owner, act } = decideOwner(examples[source], onDestination[destination], {
        ...ORDINARY,
        ...context,
      });
      expect({ owner, act: act && { on: act.on, act: act.act } }).toEqual(parse(cell));
      if (act)
        expect(act.expect).toEqual(act.on === 'source' ? examples[source] : onDestination[destination]);
    },
  );
});

test('in every context each combination has exactly one row', () => {
  for (const context of ALL_CONTEXTS) {
    for (const { source, destination } of cells([])) {
      expect({
        source,
        destination,
        context,
        rows: rowsFor(source, destination, context).length,
      }).toMatchObject({ rows: 1 });
    }
  }
});

test('every row is reached', () => {
  const used = new Set(
    ALL_CONTEXTS.flatMap((context) =>
      cells([]).flatMap(({ source, destination }) => rowsFor(source, destination, context)),
    ),
  );
  expect(OWNERSHIP_TABLE.filter((row) => !used.has(row))).toEqual([]);
});

test('no row destroys a copy that runs, nor touches anything when the owner is not known', () => {
  for (const context of ALL_CONTEXTS) {
    for (const { source, destination } of cells([])) {
      const { owner, act } = decideOwner(examples[source], onDestination[destination], context);
      if (owner === 'unknown' || owner === 'split-brain' || owner === 'in-flight') expect(act).toBeNull();
      if (act?.act === 'destroy') expect(act.expect.state).toBe('paused');
      if (act?.act === 'undefine') expect(act.expect.state).toBe('shut-off');
    }
  }
});

test('a copy that runs on the destination has passed the switchover, whatever job it is in', () => {
  const running: SideObservation = {
    state: 'running',
    reason: 'migrated',
    job: 'incoming',
    persistent: false,
  };
  expect(decideOwner(examples.running, running, ORDINARY).owner).toBe('split-brain');
  expect(decideOwner(examples.absent, running, ORDINARY)).toMatchObject({ owner: 'destination', act: null });
});

const classes: [SideObservation, SideClass][] = [
  ...Object.entries(examples).map(([name, example]) => [example, name] as [SideObservation, SideClass]),
  [{ state: 'paused', reason: 'migration', job: 'outgoing', persistent: false }, 'busy'],
  [{ state: 'paused', reason: 'migration', job: 'incoming', persistent: false }, 'busy'],
  [{ state: 'paused', reason: 'user', job: 'outgoing', persistent: false }, 'busy'],
  [{ state: 'running', reason: 'booted', job: 'other', persistent: false }, 'running'],
  [{ state: 'paused', reason: 'starting', job: 'none', persistent: false }, 'stopped'],
  [{ state: 'paused', reason: 'other', job: 'none', persistent: false }, 'running'],
  [{ state: 'running', reason: 'migrated', job: 'none', persistent: false }, 'running'],
  [{ state: 'running', reason: 'migration-cancelled', job: 'none', persistent: false }, 'running'],
  [{ state: 'shut-off', reason: 'crashed', persistent: true }, 'ended'],
];

test.each(classes)('%j is %s', (observation, name) => {
  expect(classify(observation)).toBe(name);
});

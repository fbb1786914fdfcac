/** The ownership table: every combination of the two sides' classes, and every observation's class. */
import type { GuestOnHost, SideObservation } from '../../src/contract';
import { type SideClass, OWNERSHIP_TABLE, classify, decideOwner } from '../../workflows/ownership';

const examples: Record<SideClass, SideObservation> = {
  unreachable: { state: 'unreachable', why: 'no answer' },
  absent: { state: 'absent' },
  left: { state: 'shut-off', reason: 'migrated', persistent: true },
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

/**
 * One line a source class, one column a destination class. S source owns, D destination owns, E the guest ended,
 * F in flight, U unknown, X split brain; then the act: s/d = on which side, then r resume, d destroy, u undefine.
 */
const expected = `
              unreachable  absent  left   ended  busy   running  held   stopped
unreachable   U            U       U      U      U      D        U      U
absent        U            E       E      E      U      D        D+dr   D+dr
left          U            E       E      E      U      D        D+dr   D+dr
ended         U            E       E      E      U      D        D+dr   E+dd
busy          F            F       F      F      F      F        F      F
running       U            S       S+du   S+du   S+dd   X        S+dd   S+dd
held          U            S       S+du   S+du   S+dd   X        S+dd   S+dd
stopped       U            S+sr    U      U      U      D+sd     D+sd   S+dd
`;

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

function cells(): { source: SideClass; destination: SideClass; cell: string }[] {
  const [head, ...lines] = expected
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return lines.flatMap(([source, ...row]) =>
    row.map((cell, i) => ({ source: source as SideClass, destination: head![i] as SideClass, cell })),
  );
}

function parse(cell: string): { owner: string; act: { on: string; act: string } | null } {
  const [owner, act] = cell.split('+');
  return {
    owner: owners[owner as keyof typeof owners],
    act: act ? { on: sides[act[0] as keyof typeof sides], act: acts[act[1] as keyof typeof acts] } : null,
  };
}

test('the expectation covers every combination', () => {
  expect(cells()).toHaveLength(64);
});

test.each(cells())('source $source, destination $destination: $cell', ({ source, destination, cell }) => {
  const { owner, act } = decideOwner(examples[source], onDestination[destination], { pausedByUser: false });
  expect({ owner, act: act && { on: act.on, act: act.act } }).toEqual(parse(cell));
  if (act) expect(act.expect).toEqual(act.on === 'source' ? examples[source] : onDestination[destination]);
});

test.each(cells())(
  'a guest that its user had paused: source $source, destination $destination',
  ({ source, destination, cell }) => {
    const { owner, act } = decideOwner(examples[source], onDestination[destination], { pausedByUser: true });
    const want = parse(cell);
    // never resumed on the destination; only the copy that the migration itself has stopped on the source is
    expect({ owner, act: act && { on: act.on, act: act.act } }).toEqual(
      want.act?.on === 'destination' && want.act.act === 'resume' ? { owner: want.owner, act: null } : want,
    );
  },
);

test('no row destroys a copy that runs, nor touches anything when the owner is not known', () => {
  for (const { source, destination } of cells()) {
    for (const pausedByUser of [true, false]) {
      const { owner, act } = decideOwner(examples[source], onDestination[destination], { pausedByUser });
      if (owner === 'unknown' || owner === 'split-brain' || owner === 'in-flight') expect(act).toBeNull();
      if (act?.act === 'destroy') expect(act.expect.state).toBe('paused' satisfies GuestOnHost['state']);
    }
  }
});

test('every row is reached', () => {
  const used = new Set(
    cells().flatMap(({ source, destination }) =>
      [true, false].map(
        (pausedByUser) => decideOwner(examples[source], onDestination[destination], { pausedByUser }).why,
      ),
    ),
  );
  expect(OWNERSHIP_TABLE.filter(({ why }) => !used.has(why))).toEqual([]);
});

const classes: [SideObservation, SideClass][] = [
  ...Object.entries(examples).map(([name, example]) => [example, name] as [SideObservation, SideClass]),
  [{ state: 'paused', reason: 'migration', job: 'outgoing', persistent: false }, 'busy'],
  [{ state: 'paused', reason: 'migration', job: 'incoming', persistent: false }, 'busy'],
  [{ state: 'paused', reason: 'user', job: 'outgoing', persistent: false }, 'busy'],
  [{ state: 'running', reason: 'booted', job: 'other', persistent: false }, 'busy'],
  [{ state: 'paused', reason: 'starting', job: 'none', persistent: false }, 'stopped'],
  [{ state: 'paused', reason: 'other', job: 'none', persistent: false }, 'running'],
  [{ state: 'running', reason: 'migrated', job: 'none', persistent: false }, 'running'],
  [{ state: 'running', reason: 'migration-cancelled', job: 'none', persistent: false }, 'running'],
  [{ state: 'shut-off', reason: 'destroyed', persistent: true }, 'ended'],
  [{ state: 'shut-off', reason: 'crashed', persistent: true }, 'ended'],
];

test('a copy that runs on the destination has passed the switchover, whatever job it is in', () => {
  const running: SideObservation = {
    state: 'running',
    reason: 'migrated',
    job: 'incoming',
    persistent: false,
  };
  expect(decideOwner(examples.running, running, { pausedByUser: false }).owner).toBe('split-brain');
  expect(decideOwner(examples.absent, running, { pausedByUser: false })).toMatchObject({
    owner: 'destination',
    act: null,
  });
});

test.each(classes)('%j is %s', (observation, name) => {
  expect(classify(observation)).toBe(name);
});

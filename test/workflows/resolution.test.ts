/** What follows from an operator's word: every pair of sides, for each thing that can be said. */
import type { Resolution, SideObservation } from '../../src/contract';
import { decideOwner } from '../../workflows/ownership';
import type { OwnershipContext } from '../../workflows/ownership-table';
import { type SaidOf, decideWith } from '../../workflows/resolution';

const SIDES = {
  unreachable: { state: 'unreachable', why: 'no answer' },
  absent: { state: 'absent' },
  left: { state: 'shut-off', reason: 'migrated', persistent: true },
  ended: { state: 'shut-off', reason: 'crashed', persistent: true },
  running: { state: 'running', reason: 'booted', job: 'none', persistent: true },
  held: { state: 'paused', reason: 'user', job: 'none', persistent: true },
  stopped: { state: 'paused', reason: 'migration', job: 'none', persistent: true },
} as const satisfies Record<string, SideObservation>;
type Name = keyof typeof SIDES;
const NAMES = Object.keys(SIDES) as Name[];

const CONTEXT: OwnershipContext = {
  ...{ pausedByUser: false, sourceRan: false, sourceStopped: false },
  ...{ fenced: true, persistent: true },
};

function decide(
  resolution: Resolution | null,
  source: SideObservation,
  destination: SideObservation,
  context: Partial<OwnershipContext> = {},
  throughPeer: SaidOf['throughPeer'] = {},
): string {
  const { owner, act } = decideWith(
    resolution,
    { source, destination, sourceHost: 'host-a', destinationHost: 'host-b', throughPeer },
    { ...CONTEXT, ...context },
  );
  return act ? `${owner}: ${act.act} ${act.on}` : owner;
}

/** Rows: the copy that was named. Columns: the other one. */
const GUEST_IS_ON_SOURCE = `
             unreachable              absent                   left                            ended                           running                       held                          stopped
unreachable  unknown                  unknown                  unknown                         unknown                         unknown                       unknown                       unknown
absent       unknown                  unknown                  unknown                         unknown                         unknown                       unknown                       unknown
left         unknown                  unknown                  unknown                         unknown                         unknown                       unknown                       unknown
ended        unknown                  unknown                  unknown                         unknown                         unknown                       unknown                       unknown
running      source                   source                   source: undefine destination    source: undefine destination    source: destroy destination   source: destroy destination   source: destroy destination
held         source                   source                   source: undefine destination    source: undefine destination    source: destroy destination   source: destroy destination   source: destroy destination
stopped      source: resume source    source: resume source    source: undefine destination    source: undefine destination    source: destroy destination   source: destroy destination   source: destroy destination
`;

const GUEST_IS_ON_DESTINATION = `
             unreachable                        absent                             left                               ended                              running                       held                          stopped
unreachable  unknown                            unknown                            unknown                            unknown                            unknown                       unknown                       unknown
absent       unknown                            unknown                            unknown                            unknown                            unknown                       unknown                       unknown
left         unknown                            unknown                            unknown                            unknown                            unknown                       unknown                       unknown
ended        unknown                            unknown                            unknown                            unknown                            unknown                       unknown                       unknown
running      destination                        destination                        destination                        destination                        destination: destroy source   destination: destroy source   destination: destroy source
held         destination: resume destination    destination: resume destination    destination: resume destination    destination: resume destination    destination: destroy source   destination: destroy source   destination: destroy source
stopped      destination: resume destination    destination: resume destination    destination: resume destination    destination: resume destination    destination: destroy source   destination: destroy source   destination: destroy source
`;

function cells(grid: string): [named: Name, other: Name, verdict: string][] {
  const [head = [], ...rows] = grid
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s{2,}/));
  return rows.flatMap(([named, ...verdicts]) =>
    verdicts.map((verdict, i) => [named as Name, head[i] as Name, verdict] as [Name, Name, string]),
  );
}

describe('the guest is on the source', () => {
  test.each(cells(GUEST_IS_ON_SOURCE))('%s there, %s on the destination: %s', (named, other, verdict) => {
    expect(decide({ guestIsOn: 'source' }, SIDES[named], SIDES[other])).toBe(verdict);
  });
});

describe('the guest is on the destination', () => {
  test.each(cells(GUEST_IS_ON_DESTINATION))('%s there, %s on the source: %s', (named, other, verdict) => {
    expect(decide({ guestIsOn: 'destination' }, SIDES[other], SIDES[named])).toBe(verdict);
  });

  test('a guest that its user had paused stays so', () => {
    const verdict = decide({ guestIsOn: 'destination' }, SIDES.absent, SIDES.held, { pausedByUser: true });
    expect(verdict).toBe('destination');
  });
});

describe('a host was fenced', () => {
  test.each(NAMES)('the source does not answer: its copy is gone, the destination is %s', (name) => {
    const asTold = decide({ fenced: 'host-a' }, SIDES.unreachable, SIDES[name]);
    const { owner, act } = decideOwner(SIDES.absent, SIDES[name], CONTEXT);
    expect(asTold).toBe(act ? `${owner}: ${act.act} ${act.on}` : owner);
  });

  test('the destination does not answer: the stopped source is resumed', () => {
    expect(decide({ fenced: 'host-b' }, SIDES.stopped, SIDES.unreachable)).toBe('source: resume source');
  });

  test('a host that answers is believed, not the operator', () => {
    expect(decide({ fenced: 'host-b' }, SIDES.running, SIDES.running)).toBe('split-brain');
  });

  test('the other host is not meant', () => {
    expect(decide({ fenced: 'host-a' }, SIDES.stopped, SIDES.unreachable)).toBe('unknown');
  });
});

test('a job in flight is libvirt’s to finish, whatever was said', () => {
  const busy = { state: 'running', reason: 'booted', job: 'outgoing', persistent: true } as const;
  expect(decide({ guestIsOn: 'source' }, busy, SIDES.stopped)).toBe('in-flight');
});

test('without a word from anybody the table decides alone', () => {
  expect(decide(null, SIDES.running, SIDES.running)).toBe('split-brain');
});

describe('the source’s agent is away, and the other one hears its libvirt', () => {
  const { unreachable, running, held, stopped, absent } = SIDES;
  const inPreCopy = { ...running, job: 'outgoing' } as const;

  test.each([held, stopped, running])(
    'it is not off, whatever was said: %j there is not taken for the only copy',
    (there) => {
      const [asTold, untold] = [{ fenced: 'host-a' }, null].map((word) =>
        decide(word, unreachable, there, {}, { source: running }),
      );
      expect(asTold).toBe(untold);
    },
  );

  test.each([running, held, stopped, inPreCopy])(
    'a copy that it shows (%j) is ended before the destination goes on',
    (shown) => {
      const verdict = decide({ guestIsOn: 'destination' }, unreachable, held, {}, { source: shown });
      expect(verdict).toBe('destination: destroy source');
    },
  );

  test('where it shows none the destination goes on', () => {
    const verdict = decide({ guestIsOn: 'destination' }, unreachable, held, {}, { source: absent });
    expect(verdict).toBe('destination: resume destination');
  });
});

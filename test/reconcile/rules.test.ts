/** The sweep's rules: every row by an example, and what no combination of facts may lead to. */
import { type RecordCase, CLAIM_RULES, NOTE_RULES } from '../../src/reconcile';
import type { GuestCase } from '../../src/reconcile/facts';
import type { SweepAction, SweepRule } from '../../src/reconcile/rules';

/** A claim of a closed migration whose guest is not here. */
const CLAIM: RecordCase = {
  migration: 'closed',
  guest: 'absent',
  onClaim: false,
  user: null,
  foreignUser: false,
  unread: null,
  setAside: false,
  exists: true,
  whenUnused: 'not-told',
};

/** A device that we had made, whose guest has gone. */
const NOTE: RecordCase = { ...CLAIM, whenUnused: 'remove' };

const ON_IT: Partial<RecordCase> = { onClaim: true, user: 'guest' };
const FOREIGN: Partial<RecordCase> = { user: 'other', foreignUser: true };

type Row = [found: Partial<RecordCase>, action: SweepAction, why: RegExp, attention?: RegExp];

const claims: Row[] = [
  [{ migration: 'running' }, 'keep', /migration is running/],
  [{ migration: 'running', guest: 'settled', ...ON_IT }, 'keep', /migration is running/],
  [{ migration: 'unknown' }, 'keep', /Temporal cannot say/],
  [{ migration: 'unknown', guest: 'settled', ...ON_IT }, 'keep', /Temporal cannot say/],
  [
    FOREIGN,
    'keep',
    /other uses it, which it was not claimed for/,
    /used by a domain that it was not claimed for/,
  ],
  [{ setAside: true }, 'quarantine', /in quarantine already/],
  [{ setAside: true, ...FOREIGN }, 'keep', /other uses it/, /./],
  [{ guest: 'moving', ...ON_IT }, 'keep', /job of its guest is under way/],
  [{ guest: 'moving' }, 'keep', /job of its guest is under way/],
  [{ guest: 'held', ...ON_IT }, 'keep', /only copy/, /virsh resume/],
  [{ guest: 'settled', ...ON_IT }, 'consume', /has arrived/],
  [{ guest: 'settled', ...ON_IT, unread: 'odd' }, 'consume', /has arrived/],
  [{ guest: 'settled', onClaim: true }, 'consume', /has arrived/], // another device of the same claim is used
  [{ unread: 'odd' }, 'keep', /domain odd could not be read/],
  [{ guest: 'settled', unread: 'odd' }, 'keep', /domain odd could not be read/],
  [{ guest: 'held' }, 'keep', /paused here on other devices/],
  [{ guest: 'settled' }, 'release', /came here another way/],
  [{}, 'release', /its guest is not here/],
];

const notes: Row[] = [
  [{ user: 'guest', exists: false }, 'keep', /does not list it/, /vanished .* while a domain uses it/],
  [{ user: 'guest' }, 'keep', /domain guest uses it/],
  [FOREIGN, 'keep', /domain other uses it/],
  [{ setAside: true }, 'keep', /in quarantine/],
  [{ unread: 'odd' }, 'keep', /domain odd could not be read/],
  [{ unread: 'odd', exists: false }, 'keep', /domain odd could not be read/],
  [{ migration: 'running' }, 'keep', /a migration of its guest is running/],
  [{ migration: 'unknown' }, 'keep', /Temporal cannot say/],
  [{ guest: 'settled' }, 'keep', /its guest is here without it/],
  [{ guest: 'moving' }, 'keep', /its guest is here without it/],
  [{ guest: 'held' }, 'keep', /its guest is here without it/],
  [{ exists: false }, 'remove', /vanished/, /record was removed/],
  [{ exists: false, whenUnused: 'keep' }, 'remove', /vanished/, /record was removed/],
  [{ whenUnused: 'keep' }, 'keep', /on purpose/],
  [{ whenUnused: 'not-told' }, 'keep', /older version/],
  [{}, 'remove', /its guest is gone, and no domain uses it/],
];

/** jest takes an argument that is not there for its own. */
function cells([found, action, why, attention = /^$/]: Row): [
  Partial<RecordCase>,
  SweepAction,
  RegExp,
  RegExp,
] {
  return [found, action, why, attention];
}

function decide(rules: readonly SweepRule[], found: RecordCase): SweepRule {
  return rules.find(({ when }) => when(found))!;
}

describe.each([
  ['a claim', CLAIM_RULES, CLAIM, claims],
  ['a note of a device that we made', NOTE_RULES, NOTE, notes],
] as const)('%s', (_what, rules, ordinary, rows) => {
  test.each(rows.map(cells))('%j: %s', (found, action, why, attention) => {
    const facts = { ...ordinary, ...found };
    const rule = decide(rules, facts);
    expect({ action: rule.action, why: rule.why(facts) }).toEqual({
      action,
      why: expect.stringMatching(why),
    });
    expect(rule.attention ?? '').toMatch(attention);
  });

  test('every row has an example', () => {
    const used = new Set(rows.map(([found]) => decide(rules, { ...ordinary, ...found })));
    expect(rules.filter((rule) => !used.has(rule))).toEqual([]);
  });
});

/** As `caseOfClaim` and `caseOfNote` can tell: a claim that its guest came by is used by it, or another of its devices is. */
const ALL: RecordCase[] = (['running', 'closed', 'unknown'] as const).flatMap((migration) =>
  (['absent', 'moving', 'held', 'settled'] as GuestCase[]).flatMap((guest) =>
    [null, 'odd'].flatMap((unread) =>
      [true, false].flatMap((setAside) =>
        [true, false].flatMap((exists) =>
          (['remove', 'keep', 'not-told'] as const).flatMap((whenUnused) =>
            [{}, FOREIGN, ...(guest === 'absent' ? [] : [ON_IT, { onClaim: true }])].map((use) => ({
              ...CLAIM,
              ...{ migration, guest, unread, setAside, exists, whenUnused },
              ...use,
            })),
          ),
        ),
      ),
    ),
  ),
);

test('no device is touched that a domain uses or might use, or whose migration is not known to be over', () => {
  expect(ALL.length).toBeGreaterThan(900);
  for (const facts of ALL) {
    for (const rules of [CLAIM_RULES, NOTE_RULES]) {
      const { action } = decide(rules, facts);
      const touched = action === 'release' || action === 'remove';
      const mayBe = facts.user === null && facts.unread === null && facts.migration === 'closed';
      if (touched) expect({ facts, mayBe }).toMatchObject({ mayBe: true });
      if (facts.migration !== 'closed') expect({ facts, action }).toMatchObject({ action: 'keep' });
    }
  }
});

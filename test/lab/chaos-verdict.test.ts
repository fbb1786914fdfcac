/** The judge of the crash matrix: every kind of wrong outcome has to be called wrong. */
import { type Cell, allCells, nameOf } from '../../lab/chaos/cell';
import { reportOf } from '../../lab/chaos/table';
import { type Resolved, type Seen, outcomeOf, rightOutcomes, verdictOf } from '../../lab/chaos/verdict';

const arrived: Seen = {
  ...{ runsOn: 'destination', copiesSeenMax: 1, leakedMdevs: [], leakedClaims: [], harm: [] },
  ...{ end: { how: 'completed', detail: '' }, settledMs: 20_000, runsAgainMs: null },
  resolved: null,
};
const stayed: Seen = { ...arrived, runsOn: 'source', end: { how: 'failed', detail: 'MigrationFailed' } };
const ended: Seen = {
  ...arrived,
  runsOn: 'none',
  end: { how: 'failed', detail: 'GuestEndedDuringMigration' },
};
const resolved: Resolved = {
  ...{ keep: 'destination', end: { how: 'completed', detail: '' }, tookMs: 2_000 },
  ...{ leakedMdevs: [], leakedClaims: [], harm: [] },
};
const split: Seen = {
  ...arrived,
  ...{ runsOn: 'both', copiesSeenMax: 2, end: { how: 'attention', detail: 'split-brain' } },
  resolved,
};

const cell = (name: string): Cell => {
  const [fault, point, switchover = 'fenced'] = name.split('/');
  return { fault, point, switchover } as Cell;
};

test.each<[string, Seen]>([
  ['orchestrator-killed/pre-copy', arrived],
  ['source-agent-killed/before-claim', stayed],
  ['source-libvirtd-killed/finish', stayed],
  ['source-libvirtd-killed/finish', arrived],
  ['source-qemu-killed/pre-copy', ended],
  ['source-qemu-killed/finish', arrived],
  ['destination-qemu-killed/switchover', stayed],
  ['destination-qemu-killed/finalize', ended],
  ['link-cut/finish/libvirt', split],
  ['link-cut/finish/libvirt', { ...split, leakedMdevs: ['host-b: x'], leakedClaims: ['host-b: claims/x'] }],
  ['link-cut/finish/libvirt', { ...split, resolved: { ...resolved, keep: 'source', end: stayed.end } }],
  ['source-agent-gone/switchover', { ...arrived, runsAgainMs: 9_000 }],
])('%s: ok', (name, seen) => {
  expect(verdictOf(cell(name), seen)).toBe('ok');
});

test.each<[string, string, Seen, RegExp]>([
  [
    'a migration that gave up',
    'orchestrator-killed/pre-copy',
    stayed,
    /outcome source .* right is destination/,
  ],
  ['a guest that was lost', 'source-libvirtd-killed/finish', ended, /outcome ended/],
  ['a guest undone after its move', 'link-cut/cleanup', stayed, /outcome source/],
  ['two copies', 'link-cut/finish', { ...arrived, copiesSeenMax: 2 }, /2 copies ran/],
  ['a split brain under the fence', 'link-cut/finish', split, /outcome split-said/],
  [
    'one that is said late',
    'link-cut/finish/libvirt',
    { ...split, settledMs: 61_000 },
    /after 61000 ms only/,
  ],
  [
    'one that nobody says',
    'link-cut/finish/libvirt',
    { ...split, end: arrived.end },
    /guest on both, workflow completed/,
  ],
  [
    'one that nobody ends',
    'link-cut/finish/libvirt',
    { ...split, resolved: null },
    /nobody resolved the split brain/,
  ],
  [
    'one that ends otherwise than was said',
    'link-cut/finish/libvirt',
    { ...split, resolved: { ...resolved, keep: 'source' } },
    /after resolve \(guest is on the source\) the workflow: completed/,
  ],
  [
    'a claim that outlives it',
    'link-cut/finish/libvirt',
    { ...split, resolved: { ...resolved, leakedClaims: ['host-b: claims/x'] } },
    /after resolve: record left, host-b: claims\/x/,
  ],
  [
    'a losing copy that stays',
    'link-cut/finish/libvirt',
    { ...split, resolved: { ...resolved, harm: ['the other copy still has a process'] } },
    /after resolve: the other copy/,
  ],
  ['a device left', 'link-cut/pre-copy', { ...stayed, leakedMdevs: ['host-b: x'] }, /mdev left, host-b: x/],
  ['a claim left', 'link-cut/pre-copy', { ...stayed, leakedClaims: ['host-b: x'] }, /record left, host-b: x/],
  ['harm', 'link-cut/pre-copy', { ...stayed, harm: ['autostart was lost'] }, /autostart was lost/],
  [
    'success with the guest at home',
    'link-cut/pre-copy',
    { ...stayed, end: arrived.end },
    /guest on source, workflow completed/,
  ],
  [
    'failure with the guest away',
    'link-cut/pre-copy',
    { ...arrived, end: stayed.end },
    /guest on destination, workflow failed/,
  ],
  [
    'an end that is called a failure',
    'source-qemu-killed/pre-copy',
    { ...ended, end: stayed.end },
    /guest on none/,
  ],
  [
    'a workflow that hangs',
    'link-cut/pre-copy',
    { ...stayed, end: { how: 'open', detail: 'settling' } },
    /workflow open/,
  ],
  ['attention for nothing', 'link-cut/pre-copy', { ...stayed, end: split.end }, /workflow attention/],
  ['a guest that waits for its dead agent', 'source-agent-gone/finish', arrived, /not resumed in time/],
])('%s is wrong', (_, name, seen, why) => {
  expect(verdictOf(cell(name), seen)).toMatch(/^wrong: /);
  expect(verdictOf(cell(name), seen)).toMatch(why);
});

test('each cell has a right outcome, and its own name', () => {
  const cells = allCells();
  expect(new Set(cells.map(nameOf)).size).toBe(cells.length);
  for (const one of cells) expect(rightOutcomes(one)).not.toEqual([]);
});

test('a split brain may only come of the link’s death at Finish without the fence', () => {
  const may = allCells().filter((one) => rightOutcomes(one).includes('split-said'));
  expect(may.map(nameOf)).toEqual(['link-cut/finish/libvirt', 'link-cut-10s/finish/libvirt']);
  expect(outcomeOf(split)).toBe('split-said');
});

test('the table has a line for each row, and counts the wrong ones', () => {
  const row = { ...cell('link-cut/finish'), guestRunsOn: 'source', copiesSeenMax: 1, settledMs: 27_040 };
  const rest = { leakedMdevs: 0, leakedClaims: 0, workflow: 'failed: a|b', build: 'abc1234' };
  const text = reportOf(
    [
      { ...row, ...rest, verdict: 'ok' },
      { ...row, ...rest, verdict: 'wrong: x' },
    ],
    { date: '2026-01-02', versions: 'libvirt 11.3.0' },
  );
  expect(text).toMatch(/2 of \d+ cells have been played, 1 wrong\. Builds: abc1234 \(2 cells\)\./);
  expect(text).toContain('| link-cut | finish | fenced | source | 1 | 27.0 s | 0 | 0 | failed: a\\|b | ok |');
});

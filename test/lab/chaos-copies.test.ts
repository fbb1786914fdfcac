/** Counting copies: a second one has to be seen, and a switchover must not look like one. */
import { type Sample, copiesSeenMax, countedTwice, runs } from '../../lab/chaos/copies';

/** Samples each 200 ms; the counter goes on where `counts` says so. */
function samples(from: number, to: number, counts: (atMs: number) => boolean, processes = 1): Sample[] {
  const taken: Sample[] = [];
  let counter = 0;
  for (let atMs = from; atMs <= to; atMs += 200) {
    if (counts(atMs)) counter++;
    taken.push({ atMs, processes, counter });
  }
  return taken;
}

const until = (ms: number) => (atMs: number) => atMs <= ms;
const since = (ms: number) => (atMs: number) => atMs > ms;

test('a run is from the sample before its first step to its last step', () => {
  const counts = (atMs: number) => atMs <= 1_000 || (atMs > 5_000 && atMs <= 6_000);
  expect(runs(samples(0, 10_000, counts))).toEqual([
    { from: 0, to: 1_000 },
    { from: 5_000, to: 6_000 },
  ]);
});

test('a short stall does not end a run', () => {
  const counts = (atMs: number) => atMs < 1_000 || atMs > 2_000;
  expect(runs(samples(0, 4_000, counts))).toEqual([{ from: 0, to: 4_000 }]);
});

test.each([
  ['a switchover', until(5_000), since(5_400), 1],
  ['a switchover at once, by clocks that differ', until(5_000), since(4_600), 1],
  ['a second copy for a second', until(6_000), since(5_000), 2],
  ['both go on', since(0), since(5_000), 2],
  [
    'a source that comes back for a while',
    (atMs: number) => atMs <= 4_000 || (atMs > 8_000 && atMs < 10_000),
    since(5_000),
    2,
  ],
  ['nothing runs', () => false, () => false, 0],
])('%s', (_, source, destination, copies) => {
  expect(copiesSeenMax([samples(0, 12_000, source), samples(0, 12_000, destination)])).toBe(copies);
});

test('two processes on one host are two copies', () => {
  expect(copiesSeenMax([samples(0, 2_000, () => true, 2), samples(0, 2_000, () => false, 0)])).toBe(2);
});

test('what both printed is found', () => {
  const lines = (...values: number[]) =>
    values.map((n) => `n=${n} ms=1 mttys=1 fifo_errs=0 scr_errs=0 dirtied=0\r\n`).join('');
  expect(countedTwice(lines(1, 2, 3), lines(4, 5))).toEqual([]);
  expect(countedTwice(lines(1, 2, 3, 4), lines(3, 4, 5))).toEqual([3, 4]);
});

/** A guest that counts on is told from one that stands, by what is read of it from now on. */
import { goesOnCounting } from '../../lab/src/counting';
import type { Trace } from '../../lab/src/trace';

/** Answers with one count after the other, and stays at the last. */
function counts(...all: (number | undefined)[]): () => Promise<Trace> {
  return async () => {
    const last = all.length > 1 ? all.shift() : all[0];
    return { first: 1, last, faults: [`read at ${last}`] };
  };
}

test.each<[string, (number | undefined)[]]>([
  ['one that has counted before', [7, 7, 8]],
  ['one that has yet to begin', [undefined, undefined, 8]],
])('%s goes on: answered is what was read then', async (_what, read) => {
  expect(await goesOnCounting(counts(...read), 'host-a', 10_000)).toMatchObject({ faults: ['read at 8'] });
});

test('one that stands at what it has counted does not go on', async () => {
  await expect(goesOnCounting(counts(7), 'host-a', 1)).rejects.toThrow(/to go on counting on host-a/);
});

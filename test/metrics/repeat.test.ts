import { repeat } from '../../src/metrics/repeat';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('never twice at a time: a turn that comes while the one before is under way is left out', async () => {
  const ends: (() => void)[] = [];
  const repeated = repeat(1_000, () => new Promise((end) => ends.push(end)), { failed: fail });
  await jest.advanceTimersByTimeAsync(5_000);
  expect(ends).toHaveLength(1);
  ends[0]!();
  await jest.advanceTimersByTimeAsync(1_000);
  expect(ends).toHaveLength(2);
  repeated.stop();
});

test('a failure is told once as long as it lasts, and the next turn comes all the same', async () => {
  const told: unknown[] = [];
  const outcomes = ['away', 'away', null, 'away'];
  let turns = 0;
  const act = (): Promise<void> => {
    const outcome = outcomes[turns++];
    return outcome ? Promise.reject(new Error(outcome)) : Promise.resolve();
  };
  const repeated = repeat(1_000, act, { failed: (error) => told.push((error as Error).message) });
  await jest.advanceTimersByTimeAsync(3_500);
  expect([turns, told]).toEqual([4, ['away', 'away']]);
  repeated.stop();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(turns).toBe(4);
});

function fail(error: unknown): void {
  throw error;
}

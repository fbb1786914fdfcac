/** Workers run to their end together: also one that has failed, and of which the SDK tells no end. */
import type { Worker } from '@temporalio/worker';
import { WorkerFailedError, runTogether } from '../../src/temporal/worker-run';

class FakeWorker {
  state = 'RUNNING';
  readonly options: { taskQueue: string };
  private settle: [() => void, (error: Error) => void] = [() => undefined, () => undefined];
  constructor(
    taskQueue: string,
    private readonly stops = true,
  ) {
    this.options = { taskQueue };
  }
  getState(): string {
    return this.state;
  }
  run(): Promise<void> {
    return new Promise((resolve, reject) => (this.settle = [resolve, reject]));
  }
  shutdown(): void {
    this.state = 'STOPPING';
    if (this.stops) this.end();
  }
  end(): void {
    this.state = 'STOPPED';
    this.settle[0]();
  }
  fail(error: Error): void {
    this.state = 'FAILED';
    this.settle[1](error);
  }
}
const running = (...workers: FakeWorker[]): Promise<void> => runTogether(workers as unknown as Worker[]);
const endOf = (run: Promise<void>): Promise<unknown> =>
  run.then(
    () => 'ended',
    (error: unknown) => error,
  );

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('one ends: the other is stopped', async () => {
  const [one, other] = [new FakeWorker('one'), new FakeWorker('other')];
  const end = endOf(running(one, other));
  one.end();
  expect(await end).toBe('ended');
  expect(other.state).toBe('STOPPED');
});

test('one fails: the other is stopped, and the failure told', async () => {
  const [one, other] = [new FakeWorker('one'), new FakeWorker('other')];
  const end = endOf(running(one, other));
  one.fail(new Error('lost'));
  expect(await end).toEqual(new Error('lost'));
  expect(other.state).toBe('STOPPED');
});

test('one has failed, and does not end: it is given up, and told by name', async () => {
  const [one, other] = [new FakeWorker('queue one'), new FakeWorker('other')];
  const end = endOf(running(one, other));
  await jest.advanceTimersByTimeAsync(60_000);
  expect(other.state).toBe('RUNNING');
  one.state = 'FAILED';
  await jest.advanceTimersByTimeAsync(11_000);
  expect(await end).toBeInstanceOf(WorkerFailedError);
  expect(String(await end)).toContain('queue one');
  expect(other.state).toBe('STOPPED');
  expect(jest.getTimerCount()).toBe(0);
});

test('the other does not stop either: it is not waited for', async () => {
  const [one, other] = [new FakeWorker('one'), new FakeWorker('other', false)];
  const end = endOf(running(one, other));
  one.fail(new Error('lost'));
  await jest.advanceTimersByTimeAsync(21_000);
  expect(await end).toEqual(new Error('lost'));
});

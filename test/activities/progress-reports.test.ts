/** A job's figures on their way to the workflow: seldom, and never at the cost of the job. */
import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { workflowSignals } from '../../activities';
import { progressReporter } from '../../activities/progress-reports';
import { type JobProgress, type ReportedProgress, JOB_PROGRESS_SIGNAL } from '../../src/contract';
import { HostPair, attempt, heartbeats } from './host-pair';

const progress: JobProgress = {
  phase: 'pre-copy',
  elapsedMs: 1,
  bytesSent: 2,
  bytesRemaining: 3,
  bytesTotal: 4,
  vfioBytes: null,
  dirtyPagesPerSec: 5,
  iteration: 6,
  mibPerSec: 7,
};

test('the first report comes after its time, each further one after twice the time before', () => {
  const sent: number[] = [];
  let now = 1_000;
  const send = async (): Promise<void> => void sent.push(now);
  const report = progressReporter({ firstAfterMs: 15_000, send }, () => now);
  for (; now < 1_000 + 3_600_000; now += 500) report(progress);
  expect(sent.map((at) => (at - 1_000) / 1_000)).toEqual([15, 45, 105, 225, 465, 945, 1905]);
});

test('a report carries its time', () => {
  const send = jest.fn<Promise<void>, [ReportedProgress]>(async () => undefined);
  progressReporter({ firstAfterMs: 0, send })(progress);
  expect(send).toHaveBeenCalledWith({ ...progress, at: expect.stringMatching(/^\d{4}-.*Z$/) });
});

test('goes as a signal to the run that has scheduled the activity', async () => {
  const signal = jest.fn(async () => undefined);
  const getHandle = jest.fn(() => ({ signal }));
  const client = {
    workflow: { getHandle },
    withAbortSignal: (_signal: unknown, run: () => unknown) => run(),
  } as unknown as Client;
  const env = new MockActivityEnvironment(
    { workflowExecution: { workflowId: 'live-migrate:x', runId: 'run-9' } },
    { client },
  );
  const told = { ...progress, at: '2026-01-01T00:00:00.000Z' };
  await env.run(() => workflowSignals.send(told));
  expect(getHandle).toHaveBeenCalledWith('live-migrate:x', 'run-9');
  expect(signal).toHaveBeenCalledWith(JOB_PROGRESS_SIGNAL, told);
});

test.each([
  ['that is lost', () => Promise.reject(new Error('no connection'))],
  ['that cannot even be tried', () => workflowSignals.send({ ...progress, at: '' })],
])('a report %s disturbs nothing', async (_what, send) => {
  const pair = await HostPair.make();
  try {
    const tried = jest.fn(send);
    pair.reports = { firstAfterMs: 0, send: tried };
    await pair.restartSourceAgent();
    const busy = await pair.startBusyGuest();
    const { env, end } = attempt(pair.a, (await pair.prepare(busy)).input);
    await heartbeats(env, 3);
    expect(tried).toHaveBeenCalledWith(expect.objectContaining({ phase: expect.any(String) }));
    await pair.letItConverge(busy);
    expect(await end).toMatchObject({ adopted: false });
  } finally {
    await pair.close();
  }
});

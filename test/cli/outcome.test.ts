/** How a migration's end becomes an exit status and words. */
import { ApplicationFailure, CancelledFailure, WorkflowFailedError } from '@temporalio/client';
import { type MigrationProgress, type MigrationResult, ErrorType } from '../../src/contract';
import { ExitCode } from '../../src/cli/exit-codes';
import { outcomeOf } from '../../src/cli/outcome';
import { arrival, failure, progressLine, timeline } from '../../src/cli/render';

const result: MigrationResult = {
  guest: '6a1b2c3d-0000-4000-8000-000000000001',
  guestName: 'workstation-7',
  source: 'host-a',
  destination: 'host-b',
  runsOn: 'host-b',
  mdevs: [{ type: 'nvidia-471', source: 'old-uuid', target: 'new-uuid' }],
  switchover: 'fenced',
  abortWasTooLate: true,
  stages: [{ stage: 'migrate', startedAt: '2026-01-01T00:00:00.000Z', ms: 3210 }],
  job: { bytes: 1, vfioBytes: null, downtimeMs: 347, elapsedMs: 3000 },
  warnings: ['autostart could not be set'],
};

const check = { check: 'mdev-capacity', host: 'host-b', found: 'none', required: 'two', fix: 'Free some.' };

function ended(cause: Error): Promise<MigrationResult> {
  return Promise.reject(new WorkflowFailedError('failed', cause, 'NON_RETRYABLE_FAILURE'));
}

test.each<[string, Error, number, string]>([
  [
    'a refusal',
    ApplicationFailure.nonRetryable('no', ErrorType.PreCheck, [check]),
    ExitCode.FailedSafe,
    ErrorType.PreCheck,
  ],
  [
    'a failed job',
    ApplicationFailure.nonRetryable('no', ErrorType.MigrationFailed),
    ExitCode.FailedSafe,
    ErrorType.MigrationFailed,
  ],
  [
    'a job that somebody aborted',
    ApplicationFailure.nonRetryable('no', ErrorType.Aborted),
    ExitCode.Aborted,
    ErrorType.Aborted,
  ],
  ['an abort', new CancelledFailure('canceled'), ExitCode.Aborted, ErrorType.Aborted],
  [
    'a guest that has ended',
    ApplicationFailure.nonRetryable('no', ErrorType.GuestEnded),
    ExitCode.NeedsPerson,
    ErrorType.GuestEnded,
  ],
  [
    'an end that could not be completed',
    ApplicationFailure.nonRetryable('no', ErrorType.FinalizeFailed),
    ExitCode.NeedsPerson,
    ErrorType.FinalizeFailed,
  ],
  [
    'an undo that failed',
    ApplicationFailure.nonRetryable('no', ErrorType.UndoFailed),
    ExitCode.NeedsPerson,
    ErrorType.UndoFailed,
  ],
  ['anything else', new Error('timed out'), ExitCode.NeedsPerson, 'Unexpected'],
])('%s has its own exit status', async (_what, cause, exitCode, type) => {
  expect(await outcomeOf(ended(cause))).toMatchObject({ ok: false, exitCode, error: { type } });
});

test('the failed checks come with a refusal', async () => {
  const outcome = await outcomeOf(ended(ApplicationFailure.nonRetryable('no', ErrorType.PreCheck, [check])));
  expect(outcome).toMatchObject({ error: { failedChecks: [check] } });
  expect(failure(ErrorType.PreCheck, 'no', [check])).toMatch(
    /host-b.*mdev-capacity[\s\S]*none[\s\S]*two[\s\S]*Free some\./,
  );
});

test('a failure says where the guest is, and what to do', () => {
  expect(failure(ErrorType.TimedOut, 'no end', undefined)).toMatch(
    /no end\n.*the guest: .*runs on its source[\s\S]*what to do: .*--max-downtime/,
  );
  expect(failure('Unexpected', 'no end', undefined)).toBe('Unexpected: no end');
});

test('a migration that is done, in words', async () => {
  expect(await outcomeOf(Promise.resolve(result))).toEqual({ ok: true, exitCode: ExitCode.Done, result });
  expect(timeline(result)).toMatch(/migrate +3\.21 s/);
  const words = arrival(result);
  for (const part of [
    'workstation-7',
    'host-b',
    'new-uuid',
    '347 ms',
    'no way back',
    'autostart could not be set',
  ])
    expect(words).toContain(part);
});

test('an error that is not the migration’s goes on', async () => {
  await expect(outcomeOf(Promise.reject(new Error('no connection')))).rejects.toThrow('no connection');
});

describe('the live line', () => {
  const job = {
    phase: 'pre-copy',
    elapsedMs: 1,
    bytesSent: 2 ** 20,
    bytesRemaining: 2 ** 21,
    bytesTotal: 2 ** 22,
    vfioBytes: 24,
    dirtyPagesPerSec: 0,
    iteration: 2,
    mibPerSec: 7,
  } as const;
  const progress: MigrationProgress = {
    ...{ stage: 'migrate', waitingFor: null, stages: [], allowed: [], abortRequested: false },
    ...{ policy: null, overrides: {}, job: null, attention: null },
  };

  test('tells bytes, and no percentage that would mislead', () => {
    const line = progressLine({
      status: 'RUNNING',
      progress,
      job,
      pending: ['migrateGuest'],
      trouble: null,
    });
    expect(line).toBe('migrate: pre-copy, 1 of 4 MiB RAM sent, 2 left, 7 MiB/s, pass 2, 24 B of vGPU state');
  });

  test('tells what is waited for before all else', () => {
    const waiting: MigrationProgress = {
      ...progress,
      stage: 'migrate',
      waitingFor: 'the destination does not answer',
    };
    expect(progressLine({ status: 'RUNNING', progress: waiting, job, pending: [], trouble: null })).toBe(
      'migrate: waiting for the destination does not answer',
    );
  });

  test('tells what fails again and again', () => {
    const seen = { status: 'RUNNING', progress, job: null, pending: ['releaseClaim'] };
    expect(progressLine({ ...seen, trouble: 'releaseClaim has failed 3 time(s): no key' })).toBe(
      'migrate: releaseClaim; releaseClaim has failed 3 time(s): no key',
    );
  });

  test('tells that no orchestrator answers', () => {
    expect(
      progressLine({ status: 'RUNNING', progress: null, job: null, pending: [], trouble: null }),
    ).toMatch(/waiting for an orchestrator/);
  });
});

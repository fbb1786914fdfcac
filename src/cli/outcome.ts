/** A migration's end as the CLI tells it: its exit code, and its words. */
import { ApplicationFailure, CancelledFailure, WorkflowFailedError } from '@temporalio/client';
import { ErrorType, type FailedCheck, type MigrationResult } from '../contract';
import { checksFrom } from '../report';
import { ExitCode } from './exit-codes';

export type Outcome =
  | { ok: true; exitCode: number; result: MigrationResult }
  | { ok: false; exitCode: number; error: { type: string; message: string; failedChecks?: FailedCheck[] } };

/** Failures after which somebody has to look; after all others the guest is on its source and all is undone. */
const NEEDS_PERSON: string[] = [ErrorType.GuestEnded, ErrorType.FinalizeFailed, ErrorType.UndoFailed];

export async function outcomeOf(end: Promise<MigrationResult>): Promise<Outcome> {
  try {
    return { ok: true, exitCode: ExitCode.Done, result: await end };
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return failed(error);
  }
}

function failed(error: WorkflowFailedError): Outcome {
  const { cause } = error;
  if (cause instanceof CancelledFailure)
    return {
      ok: false,
      exitCode: ExitCode.Aborted,
      error: { type: ErrorType.Aborted, message: cause.message },
    };
  if (!(cause instanceof ApplicationFailure))
    return {
      ok: false,
      exitCode: ExitCode.NeedsPerson,
      error: { type: 'Unexpected', message: cause?.message ?? error.message },
    };
  const type = cause.type ?? 'Unexpected';
  const exitCode =
    type === ErrorType.Aborted
      ? ExitCode.Aborted
      : NEEDS_PERSON.includes(type)
        ? ExitCode.NeedsPerson
        : ExitCode.FailedSafe;
  const failedChecks = type === ErrorType.PreCheck ? checksFrom(cause.details?.[0]) : undefined;
  return {
    ok: false,
    exitCode,
    error: { type, message: cause.message, ...(failedChecks?.length && { failedChecks }) },
  };
}

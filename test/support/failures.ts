/** How a migration failed; a test that expects it to fail, fails if it did not. */
import { type ApplicationFailure, type CancelledFailure, WorkflowFailedError } from '@temporalio/client';
import type { MigrationHandle } from '../../src/temporal/migrations';

export async function failureOf(handle: MigrationHandle): Promise<ApplicationFailure | CancelledFailure> {
  const error: unknown = await handle.result().then(
    () => {
      throw new Error('the migration succeeded');
    },
    (caught: unknown) => caught,
  );
  if (!(error instanceof WorkflowFailedError)) throw error;
  return error.cause as ApplicationFailure | CancelledFailure;
}

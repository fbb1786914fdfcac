/** What a client has passed, read before anything is done. */
import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import {
  type CompleteInput,
  type MigrationInput,
  ErrorType,
  checkMigrationInput,
  migrationWorkflowId,
} from '../src/contract';

/** The workflow's input or the failure that names every field that is wrong. */
export function validated(raw: MigrationInput): CompleteInput {
  const checked = checkMigrationInput(raw);
  if (!checked.ok) throw invalidInput(checked.problems);
  const required = migrationWorkflowId(checked.input.guest);
  const { workflowId } = workflowInfo();
  if (workflowId === required) return checked.input;
  // The id is the guest's mutex: under another one, two migrations of a guest could run side by side.
  throw invalidInput([`workflow id: found ${JSON.stringify(workflowId)}, required ${required}`]);
}

function invalidInput(problems: string[]): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `Invalid migration input: ${problems.join('; ')}`,
    ErrorType.InvalidInput,
    { problems },
  );
}

/** What a client has passed, read before anything is done. */
import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import {
  type CompleteInput,
  type MigrationInput,
  ErrorType,
  checkMigrationInput,
  migrationWorkflowId,
  show,
} from '../src/contract';
import { UNREADABLE } from './payload-converter';

/** The workflow's input or the failure that names every field that is wrong. */
export function validated(raw: MigrationInput): CompleteInput {
  // fails the task, not the workflow: an orchestrator with the right key may be on its way
  if ((raw as unknown) === UNREADABLE) throw new Error("The migration's input cannot be read.");
  const checked = checkMigrationInput(raw);
  if (!checked.ok) throw invalidInput(checked.problems);
  const required = migrationWorkflowId(checked.input.guest);
  const { workflowId } = workflowInfo();
  if (workflowId === required) return checked.input;
  // The id is the guest's mutex: under another one, two migrations of a guest could run side by side.
  throw invalidInput([`workflow id: found ${show(workflowId)}, required ${required}`]);
}

function invalidInput(problems: string[]): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `Invalid migration input: ${problems.join('; ')}`,
    ErrorType.InvalidInput,
    { problems },
  );
}

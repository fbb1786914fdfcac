/**
 * Who has scheduled a task. Whoever may write to the namespace can schedule any activity on a host's queues, from a workflow
 * of any kind; but only a guest's own migration may change something for it, and of those there is one at a time.
 */
import { ApplicationFailure, Context } from '@temporalio/activity';
import {
  type MigrationRef,
  ErrorType,
  LIVE_MIGRATE_VGPU,
  isUuid,
  migrationWorkflowId,
} from '../src/contract';

/** Whether the running task is a step of that very migration. */
export type CallerCheck = (migration: MigrationRef) => boolean;

/** By what the server says of the task, not by what its input says. */
export const isOwnStep: CallerCheck = ({ workflow, run, guest }) => {
  const { workflowType, workflowExecution } = Context.current().info;
  const isItsOwn = workflow === migrationWorkflowId(guest) && workflowExecution?.workflowId === workflow;
  // what is no run of Temporal's, a sweep could never see end
  return isItsOwn && workflowType === LIVE_MIGRATE_VGPU && isUuid(run);
};

/** For steps that change something. */
export function requireOwnStep(
  { host, isOwnStep: check }: { host: string; isOwnStep: CallerCheck },
  migration: MigrationRef,
): void {
  if (check(migration)) return;
  throw ApplicationFailure.nonRetryable(
    `${host}: this step for guest ${migration.guest} was not scheduled by that guest's own migration; required: workflow ${migrationWorkflowId(migration.guest)} of type ${LIVE_MIGRATE_VGPU}. Nothing was done.`,
    ErrorType.InvalidInput,
  );
}

/** All activities of a host's agent. */
import type { HostActivities } from '../src/contract';
import type { HostDeps } from './deps';
import { createDestinationActivities } from './destination';
import { createDirectoryActivities } from './directory';
import { createGuestActivities } from './guest';
import { createReconcileActivities } from './reconcile';
import { createSourceActivities } from './source';

export { isOwnStep } from './caller';
export { attemptIsPending } from './current-attempt';
export type { HostDeps, Log, Migrations } from './deps';
export { lookAtHost } from './directory';
export { MigrationJobs } from './migration-jobs';
export { type ProgressReports, workflowSignals } from './progress-reports';

export function createHostActivities(deps: HostDeps): HostActivities {
  return {
    ...createSourceActivities(deps),
    ...createDestinationActivities(deps),
    ...createGuestActivities(deps),
    ...createDirectoryActivities(deps),
    ...createReconcileActivities(deps),
  };
}

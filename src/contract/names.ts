/** Names that the workflow, the agents and every client must spell alike. */

/** The one workflow type that migrates a guest; what `temporal workflow start --type` takes. */
export const LIVE_MIGRATE_VGPU = 'LiveMigrateVgpu';

/** Task queue that the orchestrators poll. */
export const ORCHESTRATOR_TASK_QUEUE = 'live-migrate';

/**
 * The data version that this build's agent speaks. Raise it when an activity's input or result changes its
 * meaning; an agent below `REQUIRED_AGENT_PROTOCOL` is refused by name before anything moves.
 */
export const AGENT_PROTOCOL = 3;

/** From this protocol on an agent knows `controlJob`, `watchGuest`, `reconcileHost` and the policy's schedule. */
export const COMMANDS_PROTOCOL = 2;

/**
 * From this protocol on an agent heartbeats in its short steps too, so that its death in one is noticed at once; and it
 * begins a job only for an attempt that Temporal still counts on, so that one that was lost may be made again.
 */
export const BEATING_PROTOCOL = 3;

/** The oldest agent that this build's workflow can work with. */
export const REQUIRED_AGENT_PROTOCOL = 1;

/** A host's two queues: a full migrate slot must never starve an abort or a clean-up. */
export type HostQueueRole = 'migrate' | 'control';

/** Task queue of one host's agent, for example `vgpu-host:host-a:control`. */
export function hostTaskQueue(host: string, role: HostQueueRole): string {
  return `vgpu-host:${host}:${role}`;
}

/** What an agent's worker calls itself to the server: for people, and so that a second machine under one host id is noticed. */
export function agentIdentity(host: string, machine: string, detail: string): string {
  return `vgpu-ferry agent ${host} on ${machine} (${detail})`;
}

/** The machine of such an identity; undefined if it is another's. */
export function agentMachine(identity: string): string | undefined {
  return /^vgpu-ferry agent \S+ on (\S+) \(/.exec(identity)?.[1];
}

/** Workflow id of a guest's migration. With conflict policy FAIL it is the mutex of that guest. */
export function migrationWorkflowId(guest: string): string {
  return `live-migrate:${guest}`;
}

/** The guest of such a workflow id; undefined if it is another's. */
export function migrationGuest(workflowId: string): string | undefined {
  const prefix = migrationWorkflowId('');
  return workflowId.startsWith(prefix) ? workflowId.slice(prefix.length) : undefined;
}

/** Name of the workflow's query; answers `MigrationProgress`. */
export const PROGRESS_QUERY = 'progress';

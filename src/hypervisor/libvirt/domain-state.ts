/** A domain's state and its reason, by libvirt's numbers. */
import { VIR_DOMAIN_PAUSED, VIR_DOMAIN_PAUSED_MIGRATION } from './constants';
import { checked, type Context } from './context';
import type { Handle } from './library';

export function stateAndReason(context: Context, domain: Handle): [state: number, reason: number] {
  const state = [0];
  const reason = [0];
  checked(context, context.library.virDomainGetState(domain, state, reason, 0));
  return [state[0] ?? 0, reason[0] ?? 0];
}

/** For the switchover. */
export function stoppedByMigration(context: Context, domain: Handle): boolean {
  const [state, reason] = stateAndReason(context, domain);
  return state === VIR_DOMAIN_PAUSED && reason === VIR_DOMAIN_PAUSED_MIGRATION;
}

/** What a source's lifecycle events say of its copy during a migrate call. Pure. */
import {
  VIR_DOMAIN_EVENT_SHUTDOWN,
  VIR_DOMAIN_EVENT_SHUTDOWN_HOST,
  VIR_DOMAIN_EVENT_SUSPENDED,
  VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED,
} from './constants';
import type { LifecycleEvent } from './event-loop';

/**
 * `stopped`: by the switchover, its vCPUs stand still. `ending`: after that, and with nothing in between, its QEMU has
 * taken the host's order to end, so that nobody can start them again (docs/libvirt.md says why).
 */
export type SourceStage = 'going' | 'stopped' | 'ending';

/**
 * A QEMU that is told to end while the guest runs (a destroy in pre-copy, or after libvirt has taken the guest back) may
 * run it for a moment more, and one that the guest itself powers off is kept alive for libvirt: neither counts.
 */
export function stageAfter(stage: SourceStage, { event, detail }: LifecycleEvent): SourceStage {
  if (stage === 'ending') return stage;
  if (event === VIR_DOMAIN_EVENT_SUSPENDED && detail === VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED)
    return 'stopped';
  const ended = event === VIR_DOMAIN_EVENT_SHUTDOWN && detail === VIR_DOMAIN_EVENT_SHUTDOWN_HOST;
  return ended && stage === 'stopped' ? 'ending' : 'going';
}

/** What the workflow's ownership table sees and does on either host. */
import { type ActInput, type GuestActivities, type GuestOnHost } from '../src/contract';
import type { Hypervisor } from '../src/hypervisor/port';
import type { HostDeps } from './deps';
import { stateChanged, typed } from './failures';
import { actInput, observeInput, readInput, requireProtocol } from './inputs';

export function createGuestActivities(deps: HostDeps): GuestActivities {
  const { host, hypervisor } = deps;
  return {
    async observeGuest(raw) {
      const { migration } = readInput(observeInput, raw);
      requireProtocol(host, migration.requiredProtocol);
      return typed(host, () => observe(deps, migration.guest));
    },

    async actOnGuest(raw) {
      const input: ActInput = readInput(actInput, raw);
      const { guest, requiredProtocol } = input.migration;
      requireProtocol(host, requiredProtocol);
      return typed(host, async () => {
        requireAsExpected(host, input, await observe(deps, guest));
        deps.log.warn(
          { guest, act: input.act, state: input.expect },
          'acting on the guest by the ownership table',
        );
        await act(hypervisor, input);
        return observe(deps, guest);
      });
    },
  };
}

/** A job that this process is about to begin counts as in flight, or the table could be read a moment too early. */
export async function observe(deps: HostDeps, guest: string): Promise<GuestOnHost> {
  const seen = await deps.hypervisor.observe(guest);
  const starting =
    deps.jobs.has(guest) && (seen.state === 'running' || seen.state === 'paused') && seen.job === 'none';
  return starting ? { ...seen, job: 'outgoing' } : seen;
}

function requireAsExpected(host: string, { act, expect, migration }: ActInput, seen: GuestOnHost): void {
  const mismatch =
    act === 'destroy' && seen.state === 'running'
      ? 'a running copy is never destroyed'
      : difference(expect, seen);
  if (mismatch)
    throw stateChanged(`Guest ${migration.guest} on ${host}: ${act} refused, nothing was done: ${mismatch}`);
}

function difference(expect: GuestOnHost, seen: GuestOnHost): string | undefined {
  const [required, found] = [key(expect), key(seen)];
  return required === found ? undefined : `found ${found}, required ${required}`;
}

function key(side: GuestOnHost): string {
  if (side.state === 'absent') return 'absent';
  return side.state === 'shut-off'
    ? `shut-off (${side.reason})`
    : `${side.state} (${side.reason}), job ${side.job}`;
}

function act(hypervisor: Hypervisor, { act, migration: { guest } }: ActInput): Promise<void> {
  switch (act) {
    case 'resume':
      return hypervisor.resume(guest);
    case 'destroy':
      return hypervisor.destroy(guest);
    case 'undefine':
      return hypervisor.undefine(guest);
    case 'abort-job':
      return hypervisor.abortJob(guest);
  }
}

/** What the workflow's ownership table sees and does on either host. */
import type { ActInput, GuestActivities, GuestOnHost } from '../src/contract';
import type { Hypervisor } from '../src/hypervisor/port';
import { requireOwnStep } from './caller';
import { requireCurrentAttempt } from './current-attempt';
import type { HostDeps } from './deps';
import { stateChanged, typed } from './failures';
import { actInput, observeInput, readInput, requireProtocol, watchInput } from './inputs';
import { askPeer } from './peer';
import { watchGuest } from './watch-guest';

export function createGuestActivities(deps: HostDeps): GuestActivities {
  const { host, hypervisor } = deps;
  const observeOn = (on: string | undefined, guest: string): Promise<GuestOnHost> =>
    on === undefined ? observe(deps, guest) : askPeer(deps, on, (peer) => peer.observe(guest));
  return {
    async observeGuest(raw) {
      const { migration, on } = readInput(observeInput, raw);
      requireProtocol(host, migration.requiredProtocol);
      return typed(host, () => observeOn(on, migration.guest));
    },

    async actOnGuest(raw) {
      const input: ActInput = readInput(actInput, raw);
      const { guest, requiredProtocol } = input.migration;
      requireProtocol(host, requiredProtocol);
      requireOwnStep(deps, input.migration);
      await requireCurrentAttempt(host, deps.attemptIsCurrent);
      if (input.on !== undefined) return typed(host, () => resumeOnPeer(deps, input, input.on!));
      return typed(host, async () => {
        requireAsExpected(host, input, await observe(deps, guest));
        const decidedBy = input.byOperator ? 'an operator' : 'the ownership table';
        deps.log.warn({ guest, act: input.act, state: input.expect, decidedBy }, 'acting on the guest');
        await act(hypervisor, input);
        return observe(deps, guest);
      });
    },

    async watchGuest(raw) {
      const { migration, seen, on } = readInput(watchInput, raw);
      requireProtocol(host, migration.requiredProtocol);
      return typed(host, () => watchGuest(() => observeOn(on, migration.guest), seen));
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

/** The peer's own agent is away, and the guest must not wait for it. Nothing else is done to another host's guests. */
async function resumeOnPeer(deps: HostDeps, input: ActInput, on: string): Promise<GuestOnHost> {
  const { guest } = input.migration;
  if (input.act !== 'resume')
    throw stateChanged(`Guest ${guest} on ${on}: ${input.act} refused, only its own agent may do that`);
  return askPeer(deps, on, async (peer) => {
    requireAsExpected(on, input, await peer.observe(guest));
    deps.log.warn({ guest, on, act: input.act, state: input.expect }, 'acting on a guest of another host');
    if (!(await peer.resumeIfHeld(guest))) throw stateChanged(`Guest ${guest} on ${on} is not held any more`);
    return peer.observe(guest);
  });
}

function requireAsExpected(host: string, input: ActInput, seen: GuestOnHost): void {
  const { act, expect, migration } = input;
  const objection = (act === 'destroy' ? spared(input, seen) : undefined) ?? difference(expect, seen);
  if (objection)
    throw stateChanged(`Guest ${migration.guest} on ${host}: ${act} refused, nothing was done: ${objection}`);
}

/** Only a person can know that a copy that runs is not the guest; and a job decides by itself which copy goes. */
function spared({ byOperator }: ActInput, seen: GuestOnHost): string | undefined {
  if (!byOperator) return seen.state === 'running' ? 'a running copy is never destroyed' : undefined;
  const job = 'job' in seen ? seen.job : 'none';
  return job === 'none' ? undefined : `found its ${job} job under way, required none: abort it first`;
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

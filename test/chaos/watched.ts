/** The agent's ports, with a word at each call: so that a fault can strike between any two steps of an activity. */
import type { Disk, Written } from '../../src/claims';
import type { Hypervisor, PeerHypervisor } from '../../src/hypervisor/port';
import type { AgentCall } from './faults';

export interface CallWatch {
  /** May take its time, may throw instead of the call, may kill the agent. */
  call(call: AgentCall, moment: 'before' | 'after'): Promise<void>;
  disk(call: 'write' | 'sync' | 'rename' | 'remove'): void;
}

/** Nobody waits for an answer of theirs. */
const UNWATCHED = ['close', 'expectMigration'];

type Method = (...args: unknown[]) => unknown;

export function watchedHypervisor(hypervisor: Hypervisor, watch: CallWatch): Hypervisor {
  return wrapped(hypervisor, async (name, run) => {
    await watch.call(name as AgentCall, 'before');
    const result = await run();
    await watch.call(name as AgentCall, 'after');
    return name === 'connectPeer' ? watchedPeer(result as PeerHypervisor, watch) : result;
  });
}

function watchedPeer(peer: PeerHypervisor, watch: CallWatch): PeerHypervisor {
  return wrapped(peer, async (name, run) => {
    await watch.call(`peer.${name}` as AgentCall, 'before');
    const result = await run();
    await watch.call(`peer.${name}` as AgentCall, 'after');
    return result;
  });
}

export function watchedDisk(disk: Disk, watch: CallWatch): Disk {
  return wrapped(disk, async (name, run) => {
    if (name === 'write' || name === 'sync' || name === 'rename' || name === 'remove') watch.disk(name);
    const result = await run();
    return name === 'write' ? watchedFile(result as Written, watch) : result;
  });
}

function watchedFile(file: Written, watch: CallWatch): Written {
  return {
    async sync() {
      try {
        watch.disk('sync');
      } catch (error) {
        await file.sync(); // a process that dies lets go of its files
        throw error;
      }
      return file.sync();
    },
  };
}

function wrapped<T extends object>(target: T, around: (name: string, run: () => unknown) => unknown): T {
  return new Proxy(target, {
    get(_target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || typeof name !== 'string') return member;
      if (UNWATCHED.includes(name)) return (member as Method).bind(target);
      return (...args: unknown[]) => around(name, () => (member as Method).apply(target, args));
    },
  });
}

/** A connection to the target's daemon, held through a migration. */
import type { GuestOnHost } from '../../contract';
import type { JobStats, PeerHypervisor } from '../port';
import type { Connection } from './connection';

export class LibvirtPeer implements PeerHypervisor {
  #closed = false;

  constructor(
    private readonly connection: Pick<Connection, 'call'>,
    /** Takes the connection back. */
    private readonly giveBack: () => void,
  ) {}

  observe(guest: string): Promise<GuestOnHost> {
    return this.#call('observe', guest);
  }

  resume(guest: string): Promise<void> {
    return this.#call('resume', guest);
  }

  resumeIfHeld(guest: string): Promise<boolean> {
    return this.#call('resumeIfHeld', guest);
  }

  completedJobStats(guest: string): Promise<JobStats | undefined> {
    return this.#call('completedJobStats', guest);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.giveBack();
  }

  readonly #call: Connection['call'] = async (name, ...args) => {
    if (this.#closed) throw new Error('the connection to this peer has been closed');
    return this.connection.call(name, ...args);
  };
}

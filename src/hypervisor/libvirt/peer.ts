/** A connection to the target's daemon, held through a migration. */
import type { GuestOnHost } from '../../contract';
import type { JobStats, PeerHypervisor } from '../port';
import type { Connection } from './connection';

export class LibvirtPeer implements PeerHypervisor {
  constructor(private readonly connection: Connection) {}

  observe(guest: string): Promise<GuestOnHost> {
    return this.connection.call('observe', guest);
  }

  resume(guest: string): Promise<void> {
    return this.connection.call('resume', guest);
  }

  resumeIfHeld(guest: string): Promise<boolean> {
    return this.connection.call('resumeIfHeld', guest);
  }

  completedJobStats(guest: string): Promise<JobStats | undefined> {
    return this.connection.call('completedJobStats', guest);
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

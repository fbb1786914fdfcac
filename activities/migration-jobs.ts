/**
 * The migration jobs that this agent process has started, by guest. A job outlives the activity attempt that started it
 * (a heartbeat can time out while the process lives): the next attempt joins it instead of calling migrate again.
 */
import type { MigrateOutcome } from '../src/contract';

export interface RunningJob {
  /** Settles when the guest is on the destination, or with the typed failure. */
  readonly end: Promise<MigrateOutcome>;
  /** Set when the guest's user pauses it while it moves: then the fence leaves it paused. */
  pausedByUser: boolean;
}

export class MigrationJobs {
  private readonly jobs = new Map<string, RunningJob>();

  get(guest: string): RunningJob | undefined {
    return this.jobs.get(guest);
  }

  get count(): number {
    return this.jobs.size;
  }

  /** Registers a job before its first call to libvirt, so that there is no moment in which it can't be seen. */
  start(
    guest: string,
    pausedByUser: boolean,
    run: (job: { pausedByUser: boolean }) => Promise<MigrateOutcome>,
  ): RunningJob {
    const state = { pausedByUser };
    const end = run(state).finally(() => this.jobs.delete(guest));
    end.catch(() => undefined); // the attempt may be gone; whoever joins sees the failure
    const job = Object.assign(state, { end });
    this.jobs.set(guest, job);
    return job;
  }
}

/**
 * The migration jobs that this agent process has started, by guest. A job outlives the activity attempt that started it
 * (a heartbeat can time out while the process lives): the next attempt of the same migration joins it instead of calling
 * migrate again.
 */
import { ApplicationFailure } from '@temporalio/activity';
import { type MigrateInput, type MigrateOutcome, ErrorType } from '../src/contract';

export interface JobState {
  /** Then the fence leaves it paused. */
  pausedByUser: boolean;
  /** Ends it before it has begun in libvirt, where there is nothing to abort yet. */
  abortRequested: boolean;
}

export interface RunningJob extends JobState {
  /** Settles when the guest is on the destination, or with the typed failure. */
  readonly end: Promise<MigrateOutcome>;
}

export class MigrationJobs {
  private readonly jobs = new Map<string, RunningJob & { owner: string }>();

  /** A job of this guest is under way, or about to begin. */
  has(guest: string): boolean {
    return this.jobs.has(guest);
  }

  get count(): number {
    return this.jobs.size;
  }

  /** The job of this very migration; another migration's is refused, since its outcome is not ours. */
  join({ migration, destination }: MigrateInput): RunningJob | undefined {
    const job = this.jobs.get(migration.guest);
    if (job && job.owner !== ownerOf(migration.run, destination)) throw guestBusy(migration.guest, job.owner);
    return job;
  }

  /** Registers a job before its first call to libvirt, so that there is no moment in which it can't be seen. */
  start(
    { migration, destination, pausedByUser }: MigrateInput,
    run: (job: JobState) => Promise<MigrateOutcome>,
  ): RunningJob {
    const state = { pausedByUser, abortRequested: false };
    const end = run(state).finally(() => this.jobs.delete(migration.guest));
    end.catch(() => undefined); // the attempt may be gone; whoever joins sees the failure
    const job = Object.assign(state, { end, owner: ownerOf(migration.run, destination) });
    this.jobs.set(migration.guest, job);
    return job;
  }
}

function ownerOf(run: string, destination: string): string {
  return `run ${run} to ${destination}`;
}

function guestBusy(guest: string, owner: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `Guest ${guest} has a migration job under way that is not this migration's (${owner}). Nothing was done; wait for it to end.`,
    ErrorType.GuestBusy,
  );
}

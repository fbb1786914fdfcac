/**
 * The migration jobs that this agent process has started, by guest. A job outlives the activity attempt that started it
 * (a heartbeat can time out while the process lives): the next attempt of the same migration joins it instead of calling
 * migrate again.
 */
import { ApplicationFailure } from '@temporalio/activity';
import {
  type JobDecision,
  type MigrateInput,
  type MigrateOutcome,
  type MigrationRef,
  ErrorType,
} from '../src/contract';
import type { LeastRemaining } from '../src/convergence';
import type { AttemptCheck } from './current-attempt';
import { JobCommands } from './job-commands';

export interface JobState {
  /** Then the fence leaves it paused. */
  pausedByUser: boolean;
  /** Where it is when libvirt has no figures of it. */
  step: 'starting' | 'adopting' | 'resuming';
  readonly commands: JobCommands;
  /** Of those that have wanted it so far: a job begins only for one that is still wanted. */
  readonly attempts: AttemptCheck[];
  /** libvirt was asked for it; until then nothing at all has been done. */
  begun: boolean;
  /** Why it is being ended, if that is for want of convergence. */
  timedOut: ApplicationFailure | null;
  /** By `performance.now()`: when the switchover has last been told to have stopped the guest; null = it was not told. */
  guestStoppedAt: number | null;
  /** libvirt has told figures of it. */
  wasSeen: boolean;
  /** What libvirt has taken; undefined = not known to this process. */
  appliedDowntimeMs: number | undefined;
  appliedBandwidthMiBps: number | undefined;
  leastRemaining: LeastRemaining | undefined;
  /** libvirt's time of the job at which its completion was forced. */
  forcedAtMs: number | null;
  /** Why, in words. */
  forcedWhy: string;
  /** For the report. */
  decisions: JobDecision[];
}

export interface RunningJob extends JobState {
  /** Settles when the guest is on the destination, or with the typed failure. */
  readonly end: Promise<MigrateOutcome>;
  /** Asks libvirt to end the job until it has ended; null = nobody wants that. */
  ender: Promise<void> | null;
}

interface Owner {
  run: string;
  destination: string;
}

export class MigrationJobs {
  private readonly jobs = new Map<string, RunningJob & { owner: Owner }>();
  /** Of each guest whose last job here ended before libvirt was asked for it: the migration's run. */
  private readonly notBegun = new Map<string, string>();
  /** Of each guest's last migration; a command may come before its job. */
  private readonly commands = new Map<string, { run: string; commands: JobCommands }>();

  /** `started`: told of each job once, however many attempts supervise it. */
  constructor(private readonly started: (end: Promise<MigrateOutcome>) => void = () => undefined) {}

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
    if (job && job.owner.destination !== destination) throw guestBusy(migration.guest, job.owner);
    return this.of(migration);
  }

  /** The same, for one who knows no destination. */
  of({ guest, run }: MigrationRef): RunningJob | undefined {
    const job = this.jobs.get(guest);
    if (job && job.owner.run !== run) throw guestBusy(guest, job.owner);
    return job;
  }

  /** What this migration was told by commands, so far and from now on. */
  commandsOf({ guest, run }: MigrationRef): JobCommands {
    const known = this.commands.get(guest);
    if (known?.run === run) return known.commands;
    const commands = new JobCommands();
    this.commands.set(guest, { run, commands });
    return commands;
  }

  /** This process was to begin a job of this migration, and then did not; no one is left that could. */
  didNotBegin({ guest, run }: MigrationRef): boolean {
    return this.notBegun.get(guest) === run;
  }

  /** Registers a job before its first call to libvirt, so that there is no moment in which it can't be seen. */
  start(
    { migration, destination, pausedByUser, attach }: MigrateInput,
    isCurrent: AttemptCheck,
    run: (job: JobState) => Promise<MigrateOutcome>,
  ): RunningJob {
    const state: JobState = {
      pausedByUser,
      step: attach ? 'adopting' : 'starting',
      commands: this.commandsOf(migration),
      attempts: [isCurrent],
      begun: attach,
      timedOut: null,
      guestStoppedAt: null,
      wasSeen: false,
      appliedDowntimeMs: undefined,
      appliedBandwidthMiBps: undefined,
      leastRemaining: undefined,
      forcedAtMs: null,
      forcedWhy: '',
      decisions: [],
    };
    if (!attach) this.notBegun.delete(migration.guest);
    const end = run(state).finally(() => {
      this.jobs.delete(migration.guest);
      if (!state.begun) this.notBegun.set(migration.guest, migration.run);
    });
    end.catch(() => undefined); // the attempt may be gone; whoever joins sees the failure
    const job = Object.assign(state, { end, ender: null, owner: { run: migration.run, destination } });
    this.jobs.set(migration.guest, job);
    this.started(end);
    return job;
  }
}

function guestBusy(guest: string, { run, destination }: Owner): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `Guest ${guest} has a migration job under way that is not this migration's (run ${run} to ${destination}). Nothing was done; wait for it to end.`,
    ErrorType.GuestBusy,
  );
}

/** One host as the workflow calls it: every activity with the options that its kind needs. */
import { type ActivityOptions, proxyActivities, ActivityCancellationType } from '@temporalio/workflow';
import {
  type ActInput,
  type Claim,
  type ClaimInput,
  type CleanUpInput,
  type FinalizeInput,
  type GuestOnHost,
  type HostActivities,
  type InspectInput,
  type JobCommand,
  type JobCommandOutcome,
  type MigrateInput,
  type MigrateOutcome,
  type MigrationRef,
  type ReleaseInput,
  type SideObservation,
  type SourceFacts,
  BEATING_PROTOCOL,
  hostTaskQueue,
} from '../src/contract';
import { agentUnreachable, isAgentUnreachable } from './failures';
import { TIMING } from './timing';

/** The SDK's default is TRY_CANCEL, which would let an undo start while the call that it undoes still runs. */
const COMMON: ActivityOptions = { cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED };

/** A host that is down may come back in a minute or in a week: steps that must happen wait for it. */
const UNTIL_DONE: ActivityOptions = {
  ...COMMON,
  startToCloseTimeout: TIMING.stepTakesMs,
  retry: {
    initialInterval: TIMING.retryFirstMs,
    backoffCoefficient: 2,
    maximumInterval: TIMING.retryLongestMs,
  },
};

/** Steps before anything moves: a host that does not answer is said so, soon. */
const AT_ONCE: ActivityOptions = {
  ...COMMON,
  startToCloseTimeout: TIMING.checkTakesMs,
  scheduleToStartTimeout: TIMING.agentAnswersWithinMs,
  retry: { initialInterval: TIMING.retryAtOnceMs, maximumAttempts: 3 },
};

/** Temporal takes 400 bytes. */
const SUMMARY_MOST = 300;

/** What is looked at, or done, now or not at all. */
const ONCE: ActivityOptions = {
  ...COMMON,
  scheduleToStartTimeout: TIMING.observeWithinMs,
  startToCloseTimeout: TIMING.observeTakesMs,
  retry: { maximumAttempts: 1 },
};

/** Longer than anybody waits; the heartbeats tell when an agent has gone. */
const AS_LONG_AS_IT_TAKES: ActivityOptions = {
  ...COMMON,
  startToCloseTimeout: '30 days',
  heartbeatTimeout: TIMING.heartbeatTimeoutMs,
};

export class Host {
  /** Of its agent, once it has told; older agents do not tell in every step. */
  protocol: number | undefined;

  private readonly control = (options: ActivityOptions): ReturnType<typeof proxyActivities<HostActivities>> =>
    proxyActivities<HostActivities>({ ...options, taskQueue: hostTaskQueue(this.name, 'control') });

  constructor(
    readonly name: string,
    private readonly migration: MigrationRef,
  ) {}

  inspect(input: Omit<InspectInput, 'migration'>): Promise<SourceFacts> {
    const call = this.control(AT_ONCE).inspectSource;
    return this.answers(call.executeWithOptions({ summary: `check ${this.name}` }, [this.with(input)]));
  }

  claim(input: Omit<ClaimInput, 'migration'>): Promise<Claim> {
    const call = this.control(AT_ONCE).claimOnDestination;
    return this.answers(
      call.executeWithOptions({ summary: `check ${this.name}, claim mdevs` }, [this.with(input)]),
    );
  }

  /**
   * The long one. To begin has no schedule-to-start limit: it may wait its turn in the host's queue. One attempt only: what a lost
   * attempt has left is for the ownership table to say, and the workflow then attaches again; that never waits behind
   * migrations that have not begun, nor for an agent that has gone meanwhile: its job may end with a guest that is held.
   */
  migrate(input: Omit<MigrateInput, 'migration'>): Promise<MigrateOutcome> {
    const call = proxyActivities<HostActivities>({
      ...AS_LONG_AS_IT_TAKES,
      taskQueue: hostTaskQueue(this.name, input.attach ? 'control' : 'migrate'),
      ...(input.attach && { scheduleToStartTimeout: TIMING.agentAnswersWithinMs }),
      retry: { maximumAttempts: 1 },
    }).migrateGuest;
    return call.executeWithOptions({ summary: `migrate to ${input.destination}` }, [this.with(input)]);
  }

  /** Acts on the job in flight beside its supervision; one try, for whoever asks waits. */
  controlJob(command: JobCommand): Promise<JobCommandOutcome> {
    const call = this.control(ONCE).controlJob;
    return call.executeWithOptions({ summary: `${command.command} on ${this.name}` }, [this.with(command)]);
  }

  finalize(input: Omit<FinalizeInput, 'migration'>): Promise<string[]> {
    const call = this.control(this.untilDone()).finalizeOnDestination;
    return call.executeWithOptions({ summary: `finalize on ${this.name}` }, [this.with(input)]);
  }

  cleanUp(input: Omit<CleanUpInput, 'migration'>): Promise<string[]> {
    const call = this.control(this.untilDone()).cleanUpSource;
    return call.executeWithOptions({ summary: `clean up ${this.name}` }, [this.with(input)]);
  }

  release(input: Omit<ReleaseInput, 'migration'>): Promise<string[]> {
    const call = this.control(this.untilDone()).releaseClaim;
    return call.executeWithOptions({ summary: `release the claim on ${this.name}` }, [this.with(input)]);
  }

  /** A host that does not answer is an observation too, not an error. `on`: this host's agent looks at that peer. */
  async observe(on?: string): Promise<SideObservation> {
    const call = this.control(ONCE).observeGuest;
    const summary = on === undefined ? `look at ${this.name}` : `look at ${on} from ${this.name}`;
    try {
      return await call.executeWithOptions({ summary }, [this.with(target(on))]);
    } catch (error) {
      return { state: 'unreachable', why: String(error) };
    }
  }

  /** Settles when the host's agent and hypervisor answer; Temporal retries without adding to the history. */
  async untilItAnswers(): Promise<void> {
    const call = this.control(UNTIL_DONE).observeGuest;
    await call.executeWithOptions({ summary: `wait for ${this.name}` }, [{ migration: this.migration }]);
  }

  /** Settles when the guest is other than `seen` here. However long that takes, it costs no history. */
  async untilItChanges(seen: SideObservation, on?: string): Promise<void> {
    const call = this.control({ ...AS_LONG_AS_IT_TAKES, retry: UNTIL_DONE.retry! }).watchGuest;
    const summary = `watch for a change on ${on === undefined ? this.name : `${on} from ${this.name}`}`;
    await call.executeWithOptions({ summary }, [this.with({ seen, ...target(on) })]);
  }

  /** `why` is for people: it stands in the step's summary. */
  act(input: Omit<ActInput, 'migration'>, why: string): Promise<GuestOnHost> {
    const call = this.control({ ...ONCE, startToCloseTimeout: TIMING.actTakesMs }).actOnGuest;
    const where = input.on === undefined ? this.name : `${input.on} from ${this.name}`;
    const summary = `${input.act} on ${where}: ${why}`.slice(0, SUMMARY_MOST);
    return call.executeWithOptions({ summary }, [this.with(input)]);
  }

  /** Whether its agent is known to speak this protocol. */
  speaks(protocol: number): boolean {
    return (this.protocol ?? 1) >= protocol;
  }

  private untilDone(): ActivityOptions {
    return this.speaks(BEATING_PROTOCOL)
      ? { ...UNTIL_DONE, heartbeatTimeout: TIMING.heartbeatTimeoutMs }
      : UNTIL_DONE;
  }

  private with<T extends object>(input: T): T & { migration: MigrationRef } {
    return { migration: this.migration, ...input };
  }

  private async answers<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      throw isAgentUnreachable(error)
        ? agentUnreachable(this.name, TIMING.agentAnswersWithinMs / 1000, error)
        : error;
    }
  }
}

function target(on: string | undefined): { on?: string } {
  return on === undefined ? {} : { on };
}

/** The migrate stage: the job is begun, or attached to again after a fault, until the guest is on one side for certain. */
import { CancellationScope, log, patched, sleep } from '@temporalio/workflow';
import {
  type Claim,
  type CompleteInput,
  type MigrateOutcome,
  type MigrationPolicy,
  type SourceFacts,
  BEATING_PROTOCOL,
  COMMANDS_PROTOCOL,
  ErrorType,
} from '../src/contract';
import type { Commands } from './commands';
import {
  abortedFailure,
  failureType,
  guestEnded,
  isAgentLost,
  moreTelling,
  refusedToBegin,
  settledOnSource,
  tellsSourceStopped,
  wasLostBeforeJob,
} from './failures';
import type { Host } from './host';
import type { Journal } from './journal';
import { type Settled, settle } from './settle';
import { TIMING } from './timing';

/** An agent that is lost again and again before it has begun is a host to be looked at. */
const MOST_BEGINNINGS = 3;

export interface Supervised {
  input: CompleteInput;
  source: Host;
  destination: Host;
  facts: SourceFacts;
  claim: Claim;
  policy: MigrationPolicy;
  journal: Journal;
  commands: Commands;
  /** What an abort, or the workflow's cancellation, ends. */
  abortable: CancellationScope;
}

export class Supervision {
  /** A migrate step has been scheduled: claimed devices may have seen an incoming migration. */
  begun = false;
  /** As it was when the guest was last seen on its source. */
  private pausedByUser: boolean;
  /** See `OwnershipContext`. */
  private sourceStopped = false;

  constructor(private readonly of: Supervised) {
    this.pausedByUser = of.facts.pausedByUser;
  }

  async run(): Promise<MigrateOutcome> {
    for (let beginnings = 1; ; beginnings++) {
      const outcome = await this.runOnce(beginnings < MOST_BEGINNINGS);
      if (outcome !== 'not-begun') return outcome;
      log.warn('no job was begun, and the guest is as it was: once more', { beginnings });
    }
  }

  /** From one beginning to the job's end. `not-begun`: an agent or a link was lost before there was a job. */
  private async runOnce(mayBeginAgain: boolean): Promise<MigrateOutcome | 'not-begun'> {
    this.stopIfAborted();
    let failure: unknown;
    for (let attach = false; ; attach = true) {
      try {
        return await this.superviseJob(attach);
      } catch (error) {
        if (failureType(error) === ErrorType.GuestBusy) throw error;
        failure = moreTelling(failure, error);
        this.sourceStopped ||= tellsSourceStopped(error);
        const settled = await this.settle(isAgentLost(error));
        if (mayBeginAgain && this.beginsAgain(settled, error, attach)) return 'not-begun';
        const outcome = this.outcomeOf(settled, failure);
        if (outcome !== 'in-flight') return outcome;
        this.sourceStopped = false; // its daemon is there, and may let it go on
        await CancellationScope.nonCancellable(() => sleep(TIMING.attachAfterMs));
      }
    }
  }

  /** An attempt that attaches has been told of a job, or of one about to begin; only its agent's word says that none was. */
  private beginsAgain(settled: Settled, error: unknown, attach: boolean): boolean {
    const asItWas = settled.owner === 'source' && !settled.destinationHadCopy;
    if (!asItWas || this.of.commands.resolution !== null) return false;
    const noJob = refusedToBegin(error) || (!attach && wasLostBeforeJob(error));
    // what an older agent still begins for an attempt that was lost, nothing would keep from being a second job
    const safe = this.of.source.speaks(BEATING_PROTOCOL);
    return noJob && safe && !this.of.abortable.consideredCancelled && patched('begin-again');
  }

  /** Throws if the guest is not, or no longer, on its way. */
  private outcomeOf({ owner, why }: Settled, failure: unknown): MigrateOutcome | 'in-flight' {
    const { input } = this.of;
    switch (owner) {
      case 'in-flight':
        return 'in-flight';
      case 'destination':
        return { job: null, adopted: true, pausedByUser: this.pausedByUser };
      case 'source':
        throw settledOnSource(failure, input);
      case 'ended':
        throw guestEnded(input.guest, why, failure);
    }
  }

  /** One attempt of the source's agent. An abort reaches the job beside it, sooner than by the attempt's heartbeats. */
  private async superviseJob(attach: boolean): Promise<MigrateOutcome> {
    const { input, source, facts, claim, policy, commands, abortable } = this.of;
    const { xmlDigest, persistent, framebufferMiB } = facts;
    const { pausedByUser } = this;
    this.begun = true;
    let under = true;
    abortable.cancelRequested.catch(() => (under ? this.endJobAtOnce() : undefined));
    try {
      return await source.migrate({
        destination: input.destination,
        policy,
        mdevs: claim.mdevs.map(({ source, target }) => ({ source, target })),
        xmlDigest,
        persistent,
        pausedByUser,
        ...(framebufferMiB !== undefined && { framebufferMiB }),
        overrides: { ...commands.overrides },
        attach,
      });
    } finally {
      under = false;
    }
  }

  private async endJobAtOnce(): Promise<void> {
    if (!this.agentsKnowCommands() || !patched('abort-by-control')) return;
    await CancellationScope.nonCancellable(() => this.of.source.controlJob({ command: 'abort' })).catch(
      (error: unknown) => log.warn('the job could not be ended at once', { error: String(error) }),
    );
  }

  /** After a migrate step that failed or was lost: where is the guest? */
  private async settle(supervisorLost: boolean): Promise<Settled> {
    const { source, destination, facts, claim, policy, journal, commands, abortable } = this.of;
    const { persistent } = facts;
    const { sourceStopped } = this;
    const settled = await settle({
      source,
      destination,
      context: {
        ...{ pausedByUser: this.pausedByUser, persistent, sourceStopped },
        fenced: policy.switchover === 'fenced',
      },
      agentsWatch: this.agentsKnowCommands(),
      destinationKnowsSource: claim.seesGuestOnSource === true,
      supervisorLost,
      abortRequested: () => abortable.consideredCancelled,
      resolution: () => commands.resolution,
      forgetResolution: () => (commands.resolution = null),
      waiting: (round, lasting) => journal.undecided(round, lasting),
      working: () => journal.decided(),
    });
    this.pausedByUser = settled.pausedByUser;
    return settled;
  }

  private stopIfAborted(): void {
    if (this.of.abortable.consideredCancelled) throw abortedFailure(this.of.input);
  }

  private agentsKnowCommands(): boolean {
    const { source, destination } = this.of;
    return source.speaks(COMMANDS_PROTOCOL) && destination.speaks(COMMANDS_PROTOCOL);
  }
}

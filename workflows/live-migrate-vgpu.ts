/** `LiveMigrateVgpu`: one guest, from one host to another, or back to where it was. */
import {
  ApplicationFailure,
  CancellationScope,
  defineQuery,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type Claim,
  type CompleteInput,
  type MigrateOutcome,
  type MigrationInput,
  type MigrationProgress,
  type MigrationRef,
  type MigrationResult,
  type SourceFacts,
  type Stage,
  type StageTime,
  ErrorType,
  PROGRESS_QUERY,
  REQUIRED_AGENT_PROTOCOL,
  UNKNOWN_TYPE,
  checkMigrationInput,
  migrationWorkflowId,
} from '../src/contract';
import { Compensations } from './compensations';
import { describeMigration } from './details';
import {
  abortedFailure,
  failureType,
  firstCause,
  guestEnded,
  moreTelling,
  preCheckWithoutDestination,
  undoFailed,
} from './failures';
import { Host } from './host';
import { settle } from './settle';
import { TIMING } from './timing';

export const progressQuery = defineQuery<MigrationProgress>(PROGRESS_QUERY);

/** Moves a running guest with its mediated devices to another host. See `MigrationInput` and `MigrationResult`. */
export async function LiveMigrateVgpu(input: MigrationInput): Promise<MigrationResult> {
  const migration = new Migration(validated(input));
  setHandler(progressQuery, () => migration.progress(), {
    description: 'Stage, what is waited for, and the time of each stage so far',
  });
  return migration.run();
}

class Migration {
  private readonly source: Host;
  private readonly destination: Host;
  private readonly compensations = new Compensations();
  private readonly stages: StageTime[] = [];
  private stage: MigrationProgress['stage'] = 'inspect';
  private waitingFor: string | null = null;
  private claimId: string | undefined;
  private readonly abortRequested: () => boolean;
  /** A migrate step has been scheduled: claimed devices may have seen an incoming migration. */
  private moved = false;
  private committed = false;

  constructor(private readonly input: CompleteInput) {
    const { workflowId, firstExecutionRunId } = workflowInfo();
    const ref: MigrationRef = {
      workflow: workflowId,
      run: firstExecutionRunId,
      guest: input.guest,
      requiredProtocol: REQUIRED_AGENT_PROTOCOL,
    };
    const root = CancellationScope.current();
    this.abortRequested = () => root.consideredCancelled;
    this.source = new Host(input.source, ref);
    this.destination = new Host(input.destination, ref);
  }

  async run(): Promise<MigrationResult> {
    try {
      const facts = await this.during('inspect', () => this.inspectSource());
      const claim = await this.during('claim', () => this.claimOnDestination(facts));
      const outcome = await this.during('migrate', () => this.migrateGuest(facts, claim));
      this.commit();
      return await CancellationScope.nonCancellable(() => this.finish(facts, claim, outcome));
    } catch (error) {
      const reported = this.reported(error); // before the undo: an abort that comes during it is not the reason
      await this.undo(reported);
      throw reported;
    }
  }

  progress(): MigrationProgress {
    return { stage: this.stage, waitingFor: this.waitingFor, stages: this.stages };
  }

  /** Facts of the source, with the checks that failed there. */
  private inspectSource(): Promise<SourceFacts> {
    return this.source.inspect({ destination: this.input.destination });
  }

  /** All checks of both hosts are behind us when this returns, and one mdev for each of the guest's is ours. */
  private async claimOnDestination(facts: SourceFacts): Promise<Claim> {
    this.stopIfAborted();
    if (facts.mdevs.length > 0) this.compensations.add('release the claim', () => this.releaseClaim());
    try {
      const requests = facts.mdevs.map(({ uuid, type }) => ({ source: uuid, type: type ?? UNKNOWN_TYPE }));
      const { persistent, failed: sourceFailed } = facts;
      // not cancellable: it is short, and a cancelled one would leave open whether anything was claimed
      const claim = await CancellationScope.nonCancellable(() =>
        this.destination.claim({ requests, persistent, sourceFailed }),
      );
      this.claimId = claim.claimId;
      return claim;
    } catch (error) {
      if (failureType(error) !== ErrorType.AgentUnreachable) throw error;
      this.compensations.forget(); // nobody took the task, and nobody is there to undo it
      throw facts.failed.length > 0 ? preCheckWithoutDestination(this.destination.name, facts.failed) : error;
    }
  }

  /** Starts the move, or attaches to it again after a fault, until the guest is on one side for certain. */
  private async migrateGuest(facts: SourceFacts, claim: Claim): Promise<MigrateOutcome> {
    const { destination, policy } = this.input;
    const { xmlDigest, persistent, pausedByUser } = facts;
    const mdevs = claim.mdevs.map(({ source, target }) => ({ source, target }));
    let failure: unknown;
    for (let attach = false; ; attach = true) {
      try {
        if (!attach) this.stopIfAborted();
        this.moved = true;
        return await this.source.migrate({
          destination,
          policy,
          mdevs,
          xmlDigest,
          persistent,
          pausedByUser,
          attach,
        });
      } catch (error) {
        failure = moreTelling(failure, error);
        if (!this.moved || failureType(error) === ErrorType.GuestBusy) throw error;
        if ((await this.settle(facts, failure)) === 'arrived')
          return { job: null, adopted: true, pausedByUser };
        await CancellationScope.nonCancellable(() => sleep(TIMING.attachAfterMs));
      }
    }
  }

  /** After a migrate step that failed or was lost: where is the guest? Throws if it is not, or no longer, on its way. */
  private async settle(facts: SourceFacts, failure: unknown): Promise<'arrived' | 'in-flight'> {
    const { source, destination, abortRequested } = this;
    const { pausedByUser, persistent } = facts;
    const { owner, why } = await settle({
      source,
      destination,
      context: { pausedByUser, persistent, fenced: this.input.policy.switchover === 'fenced' },
      abortRequested,
      waiting: (what) => this.waitFor(what),
    });
    switch (owner) {
      case 'in-flight':
        return 'in-flight';
      case 'destination':
        return 'arrived';
      case 'source':
        throw failure;
      case 'ended':
        throw guestEnded(this.input.guest, why, failure);
    }
  }

  /** Forward only: also when an abort was asked for meanwhile. */
  private async finish(facts: SourceFacts, claim: Claim, outcome: MigrateOutcome): Promise<MigrationResult> {
    const { claimId } = claim;
    const mdevs = claim.mdevs.map(({ target }) => target);
    const { persistent, autostart } = facts;
    const { pausedByUser } = outcome;
    try {
      const finalized = await this.during('finalize', () =>
        this.destination.finalize({ claimId, mdevs, persistent, autostart, pausedByUser }),
      );
      const cleaned = await this.during('cleanup', () => this.cleanUpSource(facts));
      this.enter('done');
      return this.result(facts, claim, outcome, [...finalized, ...cleaned]);
    } catch (error) {
      // it has arrived and ended there: its source is to be cleaned all the same
      if (failureType(error) === ErrorType.GuestEnded)
        await this.during('cleanup', () => this.cleanUpSource(facts));
      throw error;
    }
  }

  private cleanUpSource({ mdevs }: SourceFacts): Promise<string[]> {
    return this.source.cleanUp({
      mdevs: mdevs.map(({ uuid }) => uuid),
      policy: this.input.policy.sourceMdevs,
    });
  }

  private stopIfAborted(): void {
    if (this.abortRequested()) throw abortedFailure(this.input);
  }

  /** The pivot: the guest is on the destination for good, and undoing would take away what it runs on. */
  private commit(): void {
    this.committed = true;
    this.compensations.forget();
  }

  /** An abort that came in time is the reason, whatever the interrupted step said; else the first typed cause. */
  private reported(error: unknown): unknown {
    const aborted = this.abortRequested() && !this.committed && failureType(error) !== ErrorType.GuestEnded;
    return aborted ? abortedFailure(this.input) : firstCause(error, this.input);
  }

  private async undo(cause: unknown): Promise<void> {
    this.enter('undoing');
    const failed = await this.compensations.run();
    this.enter('done');
    if (failed.length > 0) throw undoFailed(failed, cause);
  }

  private async releaseClaim(): Promise<void> {
    this.waitFor(`host ${this.input.destination} to release the claim`);
    await this.destination.release({ claimId: this.claimId, recycle: this.moved });
    this.waitFor(null);
  }

  private async during<T>(stage: Stage, step: () => Promise<T>): Promise<T> {
    const startedAt = Date.now();
    this.enter(stage);
    try {
      return await step();
    } finally {
      this.stages.push({ stage, startedAt: new Date(startedAt).toISOString(), ms: Date.now() - startedAt });
    }
  }

  private enter(stage: MigrationProgress['stage']): void {
    this.stage = stage;
    this.waitFor(null);
  }

  /** Says in the Web UI and to `progress` what is going on. */
  private waitFor(what: string | null): void {
    this.waitingFor = what;
    setCurrentDetails(describeMigration(this.input, this.progress()));
  }

  private result(
    facts: SourceFacts,
    claim: Claim,
    outcome: MigrateOutcome,
    warnings: string[],
  ): MigrationResult {
    const { guest, source, destination, policy } = this.input;
    return {
      guest,
      guestName: facts.guestName,
      source,
      destination,
      runsOn: destination,
      mdevs: claim.mdevs.map((mdev) => ({ type: mdev.type, source: mdev.source, target: mdev.target })),
      switchover: policy.switchover,
      abortWasTooLate: this.abortRequested(),
      stages: this.stages,
      job: outcome.job,
      warnings,
    };
  }
}

/** The workflow's input with its defaults, or the failure that names every field that is wrong. */
function validated(raw: MigrationInput): CompleteInput {
  const checked = checkMigrationInput(raw);
  if (!checked.ok) throw invalidInput(checked.problems);
  const required = migrationWorkflowId(checked.input.guest);
  const { workflowId } = workflowInfo();
  if (workflowId === required) return checked.input;
  // The id is the guest's mutex: under another one, two migrations of a guest could run side by side.
  throw invalidInput([`workflow id: found ${JSON.stringify(workflowId)}, required ${required}`]);
}

function invalidInput(problems: string[]): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `Invalid migration input: ${problems.join('; ')}`,
    ErrorType.InvalidInput,
    { problems },
  );
}

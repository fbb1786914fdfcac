/** `LiveMigrateVgpu`: one guest, from one host to another, or back to where it was. */
import {
  CancellationScope,
  allHandlersFinished,
  condition,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type Claim,
  type CompleteInput,
  type MigrateOutcome,
  type MigrationInput,
  type MigrationPolicy,
  type MigrationProgress,
  type MigrationRef,
  type MigrationResult,
  type Resolution,
  type SourceFacts,
  COMPLETED,
  ErrorType,
  REQUIRED_AGENT_PROTOCOL,
  UNKNOWN_TYPE,
  effectivePolicy,
} from '../src/contract';
import { type Situation, allowedCommands } from './command-rules';
import { type Commanded, Commands } from './commands';
import { Compensations } from './compensations';
import { describeMigration } from './details';
import {
  abortedFailure,
  failureType,
  firstCause,
  guestEnded,
  outcomeOf,
  preCheckWithoutDestination,
  refusalOf,
  undoFailed,
} from './failures';
import { type Waits, leftToSweep, unlessFenced } from './fenced-hosts';
import { Host } from './host';
import { Journal } from './journal';
import { Labels } from './labels';
import { resultOf } from './result';
import { Supervision } from './supervision';
import { tellJob, toldOf } from './telemetry';
import { validated } from './validated-input';

/** Moves a running guest with its mediated devices to another host. See `MigrationInput` and `MigrationResult`. */
export function LiveMigrateVgpu(input: MigrationInput): Promise<MigrationResult> {
  return toldOf(input, () => migrate(input));
}

async function migrate(input: MigrationInput): Promise<MigrationResult> {
  const migration = new Migration(validated(input));
  migration.commands.listen();
  try {
    return await migration.run();
  } finally {
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

class Migration implements Commanded {
  readonly commands = new Commands(this);
  private readonly source: Host;
  private readonly destination: Host;
  private readonly compensations = new Compensations();
  private readonly labels: Labels;
  private readonly journal: Journal;
  private readonly waits: Waits;
  /** What an abort, or the workflow's cancellation, ends. */
  private readonly abortable = new CancellationScope();
  private facts: SourceFacts | undefined;
  private claim: Claim | undefined;
  /** Of the migrate stage, once there is one. */
  private supervision: Supervision | undefined;
  private committed = false;
  /** libvirt's words, if it refused to begin: the destination's release looks for its devices in them. */
  private refusal: string | undefined;

  constructor(private readonly input: CompleteInput) {
    const { workflowId, firstExecutionRunId } = workflowInfo();
    const ref: MigrationRef = {
      workflow: workflowId,
      run: firstExecutionRunId,
      guest: input.guest,
      requiredProtocol: REQUIRED_AGENT_PROTOCOL,
    };
    this.source = new Host(input.source, ref);
    this.destination = new Host(input.destination, ref);
    this.labels = new Labels(input);
    this.journal = new Journal(input, this.labels, () =>
      setCurrentDetails(describeMigration(input, this.progress(), { facts: this.facts, claim: this.claim })),
    );
    this.waits = { journal: this.journal, commands: this.commands };
  }

  async run(): Promise<MigrationResult> {
    try {
      return await this.abortable.run(() => this.move());
    } catch (error) {
      const reported = this.reported(error); // before the undo: an abort that comes during it is not the reason
      throw await this.undone(reported);
    }
  }

  /** The whole way. What fails is undone by `run`; past `commit` there is nothing left to undo. */
  private async move(): Promise<MigrationResult> {
    const { journal } = this;
    const facts = await journal.during('inspect', () => this.inspectSource());
    const claim = await journal.during('claim', () => this.claimOnDestination(facts));
    const outcome = await journal.during('migrate', () => this.migrateGuest(facts, claim));
    this.commit();
    return CancellationScope.nonCancellable(() => this.finish(facts, claim, outcome));
  }

  /** Facts of the source, with the checks that failed there. */
  private async inspectSource(): Promise<SourceFacts> {
    this.facts = await this.source.inspect({ destination: this.input.destination });
    this.source.protocol = this.facts.protocol;
    this.labels.learn(this.facts);
    return this.facts;
  }

  /** All checks of both hosts are behind us when this returns, and one mdev for each of the guest's is ours. */
  private async claimOnDestination(facts: SourceFacts): Promise<Claim> {
    this.stopIfAborted();
    if (facts.mdevs.length > 0) this.compensations.add('release the claim', () => this.releaseClaim(facts));
    try {
      const requests = facts.mdevs.map(({ uuid, type }) => ({ source: uuid, type: type ?? UNKNOWN_TYPE }));
      const { persistent, failed: sourceFailed } = facts;
      // not cancellable: it is short, and a cancelled one would leave open whether anything was claimed
      this.claim = await CancellationScope.nonCancellable(() =>
        this.destination.claim({ requests, persistent, sourceFailed, source: this.source.name }),
      );
      this.destination.protocol = this.claim.protocol;
      return this.claim;
    } catch (error) {
      if (failureType(error) !== ErrorType.AgentUnreachable) throw error;
      this.compensations.forget(); // nobody took the task, and nobody is there to undo it
      throw facts.failed.length > 0 ? preCheckWithoutDestination(this.destination.name, facts.failed) : error;
    }
  }

  private migrateGuest(facts: SourceFacts, claim: Claim): Promise<MigrateOutcome> {
    const { input, source, destination, journal, commands, abortable } = this;
    const policy = this.policy();
    this.supervision = new Supervision({
      ...{ input, source, destination, journal, commands, abortable, facts, claim, policy },
    });
    return this.supervision.run();
  }

  /** Forward only: also when an abort was asked for meanwhile. */
  private async finish(facts: SourceFacts, claim: Claim, outcome: MigrateOutcome): Promise<MigrationResult> {
    const { claimId } = claim;
    const mdevs = claim.mdevs.map(({ target }) => target);
    const { persistent, autostart } = facts;
    const { pausedByUser } = outcome;
    const cleanUp = (): Promise<string[]> => this.journal.during('cleanup', () => this.cleanUpSource(facts));
    try {
      const finalized = await this.journal.during('finalize', () => {
        const input = { claimId, mdevs, persistent, autostart, pausedByUser };
        return unlessFenced(
          this.waits,
          this.destination,
          'finalize',
          () => this.destination.finalize(input),
          () => {
            throw guestEnded(
              this.input.guest,
              `${this.destination.name} was said to be off after it had arrived there`,
            );
          },
        );
      });
      const cleaned = await cleanUp();
      this.journal.end(COMPLETED);
      tellJob(outcome.job, this.policy(), this.commands.overrides);
      return resultOf({
        ...{ input: this.input, facts, claim, outcome, warnings: [...finalized, ...cleaned] },
        switchover: this.policy().switchover,
        abortWasTooLate: this.abortRequested(),
        stages: this.journal.stages,
      });
    } catch (error) {
      // it has arrived and ended there: its source is to be cleaned all the same
      if (failureType(error) === ErrorType.GuestEnded) await cleanUp();
      throw error;
    }
  }

  private cleanUpSource({ mdevs }: SourceFacts): Promise<string[]> {
    const policy = this.policy().sourceMdevs;
    return unlessFenced(
      this.waits,
      this.source,
      'clean up',
      () => this.source.cleanUp({ mdevs: mdevs.map(({ uuid }) => uuid), policy }),
      leftToSweep,
    );
  }

  private async releaseClaim({ mdevs }: SourceFacts): Promise<void> {
    const what = `release ${mdevs.length} claimed mdev${mdevs.length === 1 ? '' : 's'}`;
    await unlessFenced(
      this.waits,
      this.destination,
      what,
      () =>
        this.destination.release({
          ...{ claimId: this.claim?.claimId, recycle: this.supervision?.begun === true },
          ...(this.refusal !== undefined && { refusal: this.refusal }),
        }),
      leftToSweep,
    );
  }

  private stopIfAborted(): void {
    if (this.abortRequested()) throw abortedFailure(this.input);
  }

  private abortRequested(): boolean {
    return this.abortable.consideredCancelled;
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

  /** Undoes what was done, and returns the failure that the migration ends with. */
  private async undone(cause: unknown): Promise<unknown> {
    this.journal.enter('undoing');
    this.refusal = refusalOf(cause);
    const failed = await this.compensations.run();
    const failure = failed.length > 0 ? undoFailed(failed, cause) : cause;
    this.journal.end(outcomeOf(failure));
    return failure;
  }

  private policy(): MigrationPolicy {
    return effectivePolicy(this.input.policy, this.facts?.profile ?? null);
  }

  // What its commands see and do.

  situation(): Situation {
    const { source, destination } = this.input;
    const { stage, ownerUnknown, away, silent } = this.journal;
    const { saidToBeOff } = this.commands;
    const awaited = (host: string): boolean => host !== saidToBeOff;
    return {
      ...{ source, destination, stage, away: away.filter(awaited), silent: silent.filter(awaited) },
      committed: this.committed,
      abortRequested: this.abortRequested(),
      sourceProtocol: this.facts?.protocol ?? null,
      undecided: ownerUnknown,
    };
  }

  progress(): MigrationProgress {
    const { stage, waitingFor, stages, attention } = this.journal;
    return {
      ...{ stage, waitingFor, stages, attention },
      allowed: allowedCommands(this.situation()),
      abortRequested: this.abortRequested(),
      policy: this.facts ? this.policy() : null,
      overrides: this.commands.overrides,
      job: stage === 'migrate' ? this.commands.job : null,
    };
  }

  abort(): void {
    this.abortable.cancel();
  }

  heard(resolution: Resolution): void {
    const said =
      'fenced' in resolution ? `${resolution.fenced} is off` : `it is on the ${resolution.guestIsOn}`;
    this.journal.waitFor(`both hosts to be looked at again: an operator has said that ${said}`);
  }

  moving(): boolean {
    return this.supervision?.begun === true && this.journal.stage === 'migrate';
  }

  controlJob: Commanded['controlJob'] = (command) => this.source.controlJob(command);

  /** Never below what the steps lead to anyway: it has to help. */
  forceCompleteDowntimeMs(): number {
    const { forceCompleteDowntimeMs, maxDowntimeMs } = this.policy();
    return Math.max(forceCompleteDowntimeMs, maxDowntimeMs);
  }
}

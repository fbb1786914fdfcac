/** The commands that a running migration takes: Temporal updates with synchronous validators, and what they leave behind. */
import {
  ApplicationFailure,
  CancellationScope,
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  setHandler,
} from '@temporalio/workflow';
import {
  type Command,
  type CommandAnswer,
  type ForceCompleteInput,
  type JobCommand,
  type JobCommandOutcome,
  type JobOverrides,
  type JobProgress,
  type MigrationProgress,
  type ReportedProgress,
  type Resolution,
  type SetBandwidthInput,
  type SetMaxDowntimeInput,
  COMMAND_ARGUMENTS,
  ErrorType,
  JOB_PROGRESS_SIGNAL,
  PROGRESS_QUERY,
  readReportedProgress,
} from '../src/contract';
import { type Situation, whyRefused } from './command-rules';

export const progressQuery = defineQuery<MigrationProgress>(PROGRESS_QUERY);
export const jobProgressSignal = defineSignal<[ReportedProgress]>(JOB_PROGRESS_SIGNAL);
export const abortUpdate = defineUpdate<CommandAnswer>('abort');
export const forceCompleteUpdate = defineUpdate<CommandAnswer, [ForceCompleteInput | undefined]>(
  'forceComplete',
);
export const setMaxDowntimeUpdate = defineUpdate<CommandAnswer, [SetMaxDowntimeInput]>('setMaxDowntime');
export const setBandwidthUpdate = defineUpdate<CommandAnswer, [SetBandwidthInput]>('setBandwidth');
export const resolveUpdate = defineUpdate<CommandAnswer, [Resolution]>('resolve');

/** The migration, as its commands see it. */
export interface Commanded {
  situation(): Situation;
  progress(): MigrationProgress;
  abort(): void;
  /** A person's word was taken: until both hosts have been looked at again, nobody is to be asked again. */
  heard(resolution: Resolution): void;
  /** The migrate step is under way: there may be a job that can be told. */
  moving(): boolean;
  controlJob(command: JobCommand): Promise<JobCommandOutcome>;
  /** What forcing completion sets, and what may be set now at the most. */
  forceCompleteDowntimeMs(): number;
}

export class Commands {
  /** They outrank the policy, and go to every agent that attaches. */
  readonly overrides: JobOverrides = {};
  resolution: Resolution | null = null;
  job: ReportedProgress | null = null;

  constructor(private readonly migration: Commanded) {}

  listen(): void {
    setHandler(progressQuery, () => this.migration.progress(), {
      description:
        'Stage, job, policy, what is allowed now, what is waited for, and the time of each stage so far',
    });
    setHandler(jobProgressSignal, (job) => this.told(job), {
      description: "The job's figures, from the source's agent",
    });
    setHandler(abortUpdate, () => this.abort(), {
      validator: () => this.admit('abort', undefined),
      description: 'End the migration and undo everything; the guest stays on its source',
    });
    setHandler(forceCompleteUpdate, (input) => this.forceComplete(input), {
      validator: (input) => this.admit('forceComplete', input),
      description: 'Raise the maximum downtime so far that the move completes; {maxDowntimeMs} is optional',
    });
    setHandler(setMaxDowntimeUpdate, (input) => this.setMaxDowntime(input), {
      validator: (input) => this.admit('setMaxDowntime', input),
      description: 'Set the maximum downtime: {maxDowntimeMs}',
    });
    setHandler(setBandwidthUpdate, (input) => this.setBandwidth(input), {
      validator: (input) => this.admit('setBandwidth', input),
      description: 'Set the limit of the traffic: {bandwidthMiBps}; 0 = none',
    });
    setHandler(resolveUpdate, (input) => this.resolve(input), {
      validator: (input) => this.admitResolution(input),
      description: "Say where the guest is: {guestIsOn: 'source' | 'destination'}, or {fenced: host}",
    });
  }

  /** The host that a person has said to be off, if that is what counts now. */
  get saidToBeOff(): string | null {
    return this.resolution !== null && 'fenced' in this.resolution ? this.resolution.fenced : null;
  }

  private abort(): Promise<CommandAnswer> {
    this.migration.abort();
    return Promise.resolve({
      applied: true,
      note: 'The abort is under way; the migration ends when everything is undone.',
    });
  }

  private forceComplete(input: ForceCompleteInput | undefined): Promise<CommandAnswer> {
    const asked = input?.maxDowntimeMs ?? this.migration.forceCompleteDowntimeMs();
    return this.setMaxDowntime({ maxDowntimeMs: Math.max(asked, this.overrides.maxDowntimeMs ?? 0) });
  }

  private setMaxDowntime({ maxDowntimeMs }: SetMaxDowntimeInput): Promise<CommandAnswer> {
    this.overrides.maxDowntimeMs = maxDowntimeMs;
    return this.apply({ command: 'setMaxDowntime', maxDowntimeMs }, `maximum downtime ${maxDowntimeMs} ms`);
  }

  private setBandwidth({ bandwidthMiBps }: SetBandwidthInput): Promise<CommandAnswer> {
    this.overrides.bandwidthMiBps = bandwidthMiBps;
    const limit = bandwidthMiBps === 0 ? 'no limit' : `${bandwidthMiBps} MiB/s`;
    return this.apply({ command: 'setBandwidth', bandwidthMiBps }, `bandwidth ${limit}`);
  }

  private resolve(resolution: Resolution): Promise<CommandAnswer> {
    log.warn('an operator has decided', { resolution });
    this.resolution = resolution;
    this.migration.heard(resolution);
    return Promise.resolve({
      applied: true,
      note: 'Taken. Both hosts are looked at again, and the rest is done by what you said.',
    });
  }

  /** What cannot be applied now is applied when the job begins, or when an agent attaches to it again. */
  private async apply(command: JobCommand, what: string): Promise<CommandAnswer> {
    const { source } = this.migration.situation();
    if (!this.migration.moving())
      return { applied: false, note: `Noted: ${what}, for the job that is to begin.` };
    try {
      const { done, progress } = await this.tell(command);
      if (progress) this.noteJob(progress);
      return done === 'applied'
        ? { applied: true, note: `libvirt on ${source} has it: ${what}.` }
        : { applied: false, note: `Noted: ${what}. libvirt on ${source} has no job of this guest yet.` };
    } catch (error) {
      log.warn('a command did not reach the job', { command: command.command, error: String(error) });
      return {
        applied: false,
        note: `Noted: ${what}. ${source} does not answer; it is applied when its agent is back.`,
      };
    }
  }

  /** An abort does not take back what was asked of libvirt already. */
  private tell(command: JobCommand): Promise<JobCommandOutcome> {
    return CancellationScope.nonCancellable(() => this.migration.controlJob(command));
  }

  /** A signal has no validator, and what is thrown here would jam the workflow. */
  private told(raw: unknown): void {
    const job = readReportedProgress(raw);
    if (job === null) return log.warn('a report of the job was left out: it is not of its form');
    this.job = job;
    const { maxDowntimeMs } = this.overrides;
    // It was set while the step waited in the host's queue, and the attempt that then began did not know of it.
    if (maxDowntimeMs === undefined || job.maxDowntimeMs === maxDowntimeMs || !this.migration.moving())
      return;
    this.tell({ command: 'setMaxDowntime', maxDowntimeMs }).catch((error: unknown) =>
      log.warn('the maximum downtime could not be set again', { error: String(error) }),
    );
  }

  private noteJob(progress: JobProgress): void {
    this.job = { ...progress, at: new Date().toISOString() };
  }

  private admitResolution(input: unknown): void {
    this.admit('resolve', input);
    const { source, destination, away, silent, undecided } = this.migration.situation();
    if (!('fenced' in (input as Resolution))) {
      if (undecided) return;
      throw refused('resolve', 'who owns the guest is known; only a host that is off can be told of');
    }
    const { fenced } = input as { fenced: string };
    if (fenced !== source && fenced !== destination)
      throw refused(
        'resolve',
        `${fenced} is neither the source (${source}) nor the destination (${destination})`,
      );
    if (this.saidToBeOff === fenced) throw refused('resolve', `${fenced} was said to be off already`);
    if (!away.includes(fenced))
      throw refused('resolve', `${fenced} answers, so it is not off; say guestIsOn instead`);
    if (!silent.includes(fenced))
      throw refused(
        'resolve',
        `the agent of ${fenced} is away, but its libvirt answers, so it is not off; start the agent, or say guestIsOn instead`,
      );
  }

  private admit(command: Command, input: unknown): void {
    const problems = COMMAND_ARGUMENTS[command](input);
    if (problems.length > 0) throw refused(command, problems.join('; '));
    const reason = whyRefused(command, this.migration.situation());
    if (reason !== null) throw refused(command, reason);
  }
}

function refused(command: Command, reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${command} refused: ${reason}`, ErrorType.CommandRefused);
}

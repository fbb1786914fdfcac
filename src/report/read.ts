/** A workflow's history, as Temporal keeps it, read into a story. Its inputs may be anybody's: nothing in it is believed blindly. */
import type { Payload } from '@temporalio/common';
import { type Decode, readableFailure } from '../failure-converter/read';
import { type SourceFacts, ATTENTION_ATTRIBUTE, ErrorType, migrationGuest, show } from '../contract';
import { checksFrom, devicesFrom, fieldsOf, jsonOnly, resultFrom } from './believe';
import { type Event, type Failure, type History, failureInWords, hostOf, lostWays, timeOf } from './events';
import type { Chapter, CommandTold, StepTold, Story } from './story';
import { resultInWords } from './words';

export async function readStory(
  id: { workflowId: string; runId: string },
  history: History,
  decode: Decode,
): Promise<Story> {
  const reader = new Reader(id, decode);
  for (const event of history.events ?? []) await reader.read(event);
  return reader.story;
}

class Reader {
  readonly story: Story;
  /** By the event that scheduled them. */
  private readonly steps = new Map<string, StepTold>();
  /** By the event that accepted them. */
  private readonly commands = new Map<string, CommandTold>();

  constructor(
    { workflowId, runId }: { workflowId: string; runId: string },
    private readonly decodePayload: Decode,
  ) {
    this.story = {
      ...{ workflowId, runId, guest: migrationGuest(workflowId) ?? workflowId, guestName: null },
      ...{ source: '?', destination: '?', startedAt: '', endedAt: null, outcome: 'under way', error: null },
      ...{ asked: {}, facts: null, devices: [], result: null, chapters: [], unread: null },
    };
  }

  async read(event: Event): Promise<void> {
    const at = timeOf(event);
    await this.readStep(event, at);
    await this.readCommand(event, at);
    await this.readWorkflow(event, at);
    await this.readEnd(event, at);
  }

  private async readWorkflow(event: Event, at: string): Promise<void> {
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) {
      this.story.startedAt = at;
      this.take(await this.first(started.input));
    }
    if (event.workflowExecutionCancelRequestedEventAttributes)
      this.tell({ kind: 'event', at, said: 'an abort was asked for, by cancelling the workflow' });
    const upsert = event.upsertWorkflowSearchAttributesEventAttributes;
    const attention = upsert?.searchAttributes?.indexedFields?.[ATTENTION_ATTRIBUTE];
    if (attention) this.tellAttention(await this.decode(attention), at);
  }

  private async readEnd(event: Event, at: string): Promise<void> {
    const completed = event.workflowExecutionCompletedEventAttributes;
    if (completed) {
      this.story.result = resultFrom(await this.first(completed.result));
      this.end('done', at);
    }
    const failed = event.workflowExecutionFailedEventAttributes;
    if (failed) {
      const checks = await this.first(failed.failure?.applicationFailureInfo?.details);
      this.end('failed', at, await this.readable(failed.failure), checks);
    }
    if (event.workflowExecutionCanceledEventAttributes)
      this.end('aborted', at, { message: 'aborted as asked; everything is undone' });
    const terminated = event.workflowExecutionTerminatedEventAttributes;
    if (terminated) {
      const reason = terminated.reason ? ` (${terminated.reason})` : '';
      const message = `terminated${reason}: nothing was undone; the sweeps of the hosts look after it`;
      this.end('terminated', at, { message });
    }
    if (event.workflowExecutionTimedOutEventAttributes) this.end('timed out', at);
  }

  private tellAttention(value: unknown, at: string): void {
    const what = typeof value === 'string' ? value : show(value);
    const said = value === 'none' ? 'nobody is needed any more' : `a person is needed: ${what}`;
    this.tell({ kind: 'event', at, said });
  }

  private take(input: unknown): void {
    if (typeof input !== 'object' || input === null) return;
    const { guest, source, destination, policy } = input as Record<string, unknown>;
    if (typeof guest === 'string') this.story.guest = guest;
    if (typeof source === 'string') this.story.source = source;
    if (typeof destination === 'string') this.story.destination = destination;
    this.story.asked = { ...fieldsOf(policy) };
  }

  private end(outcome: Story['outcome'], at: string, failure?: Failure | null, details?: unknown): void {
    this.story.outcome = outcome;
    this.story.endedAt = at;
    if (!failure) return;
    const type = failure.applicationFailureInfo?.type;
    this.story.error = {
      type: type ?? (outcome === 'aborted' ? ErrorType.Aborted : outcome),
      message: failure.message ?? '',
      ...(type === ErrorType.PreCheck && Array.isArray(details) && { failedChecks: checksFrom(details) }),
    };
  }

  private async readStep(event: Event, at: string): Promise<void> {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const step = scheduled.activityType?.name ?? '?';
      const host = hostOf(scheduled.taskQueue?.name ?? '');
      await this.schedule(event, { step, host }, at);
    }
    const started = event.activityTaskStartedEventAttributes;
    if (started) {
      const before = await this.readable(started.lastFailure);
      this.began(started.scheduledEventId, at, started.attempt ?? 1, before);
    }
    const completed = event.activityTaskCompletedEventAttributes;
    const step = completed && this.close(completed.scheduledEventId, at, 'ok');
    if (step) this.learn(step, await this.first(completed.result));
    for (const [outcome, lost] of lostWays(event)) {
      const failure = await this.readable(lost.failure);
      this.close(lost.scheduledEventId, at, outcome, failure ? failureInWords(failure) : undefined);
    }
  }

  private async schedule(event: Event, of: Pick<StepTold, 'step' | 'host'>, at: string): Promise<void> {
    const summary = event.userMetadata?.summary ? await this.decode(event.userMetadata.summary) : null;
    const told: StepTold = {
      ...{ kind: 'step', ...of, what: typeof summary === 'string' ? summary : of.step },
      ...{ scheduledAt: at, startedAt: null, endedAt: null, attempts: 0, outcome: 'under way', said: '' },
    };
    this.steps.set(String(event.eventId), told);
    this.tell(told);
  }

  private began(
    scheduledBy: unknown,
    at: string,
    attempts: number,
    before: Failure | null | undefined,
  ): void {
    const step = this.steps.get(String(scheduledBy));
    if (!step) return;
    Object.assign(step, { startedAt: at, attempts });
    if (before) step.said = `the attempt before failed: ${failureInWords(before)}`;
  }

  private close(
    scheduledBy: unknown,
    at: string,
    outcome: StepTold['outcome'],
    said?: string,
  ): StepTold | undefined {
    const step = this.steps.get(String(scheduledBy));
    if (!step) return undefined;
    Object.assign(step, { endedAt: at, outcome });
    if (said !== undefined) step.said = said;
    return step;
  }

  private learn(step: StepTold, result: unknown): void {
    const words = resultInWords(step.step, result);
    step.said = [step.said, words].filter(Boolean).join('; ');
    const fields = fieldsOf(result);
    if (fields === null) return;
    if (step.step === 'inspectSource') {
      this.story.facts = fields as unknown as SourceFacts;
      this.story.guestName = typeof fields.guestName === 'string' ? fields.guestName : null;
    }
    if (step.step === 'claimOnDestination') this.story.devices = devicesFrom(fields.mdevs);
  }

  private async readCommand(event: Event, at: string): Promise<void> {
    const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
    const input = accepted?.acceptedRequest?.input;
    if (input) {
      const argument = await this.first(input.args);
      const command: CommandTold = { kind: 'command', command: input.name ?? '?', argument, at, said: null };
      this.commands.set(String(event.eventId), command);
      this.tell(command);
    }
    const completed = event.workflowExecutionUpdateCompletedEventAttributes;
    const command = completed && this.commands.get(String(completed.acceptedEventId));
    if (!command) return;
    const answer = await this.first(completed.outcome?.success);
    const note = (answer as { note?: unknown } | null)?.note;
    command.said =
      typeof note === 'string' ? note : failureInWords(await this.readable(completed.outcome?.failure));
  }

  private tell(chapter: Chapter): void {
    this.story.chapters.push(chapter);
  }

  private first(payloads: { payloads?: Payload[] | null } | null | undefined): Promise<unknown> {
    const payload = payloads?.payloads?.[0];
    return payload ? this.decode(payload) : Promise.resolve(null);
  }

  private async readable(failure: Failure | null | undefined): Promise<Failure | null | undefined> {
    return failure && readableFailure(failure, (payload) => this.decode(payload));
  }

  /** What can't be read, for want of its key for example, is left out; the rest of the story is told. */
  private decode(payload: Payload): Promise<unknown> {
    return this.decodePayload(payload).then(jsonOnly, (error: unknown) => {
      const { count = 0, why = error instanceof Error ? error.message : String(error) } =
        this.story.unread ?? {};
      this.story.unread = { count: count + 1, why };
      return null;
    });
  }
}

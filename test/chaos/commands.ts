/** The commands of a run: sent as updates, one after the other, and whether what they set stays set. */
import {
  type WorkflowHandle,
  ApplicationFailure,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { type CommandAnswer, ErrorType } from '../../src/contract';
import type { MigrationJob } from '../../src/hypervisor/simulated/state';
import { wasGivenBack } from '../../src/temporal/commands';
import type { Blow } from './faults';

export type CommandBlow = Extract<
  Blow,
  { kind: 'abort by update' | 'maximum downtime set' | 'bandwidth set' | 'completion forced' }
>;

type Limit = 'maxDowntimeMs' | 'bandwidthBytesPerSec';

const UPDATE_ATTEMPTS = 3;
const MIB = 2 ** 20;
const LIMITS: readonly Limit[] = ['maxDowntimeMs', 'bandwidthBytesPerSec'];

export class CommandLog {
  readonly wrongs: string[] = [];
  private queue: Promise<void> = Promise.resolve();
  private unanswered = 0;
  /** What libvirt had, as the last answer said. */
  private readonly applied = new Map<Limit, number>();
  private job: { id: number } & Record<Limit, number> = { id: 0, maxDowntimeMs: 0, bandwidthBytesPerSec: 0 };

  constructor(private readonly handle: WorkflowHandle) {}

  send(blow: CommandBlow): void {
    this.unanswered++;
    this.queue = this.queue.then(() => this.ask(blow));
  }

  /** Each change of a job's limits, as it happens. */
  jobChanged({ id, maxDowntimeMs, bandwidthBytesPerSec }: MigrationJob): void {
    const now = { id, maxDowntimeMs, bandwidthBytesPerSec };
    for (const limit of LIMITS) if (now[limit] !== this.job[limit]) this.limitChanged(limit, now[limit]);
    this.job = now;
  }

  /** All have been answered. */
  async settled(): Promise<void> {
    await this.queue;
  }

  private limitChanged(limit: Limit, found: number): void {
    const required = this.applied.get(limit);
    if (required !== undefined && this.unanswered === 0 && found !== required)
      this.wrongs.push(`a command had set ${limit} to ${required}, and something else to ${found}`);
  }

  private async ask(blow: CommandBlow): Promise<void> {
    const limit = blow.kind === 'bandwidth set' ? 'bandwidthBytesPerSec' : 'maxDowntimeMs';
    if (blow.kind !== 'abort by update') this.applied.delete(limit);
    try {
      const answer = await this.update(blow);
      if (answer.applied && blow.kind !== 'abort by update') this.isSet(limit, answer.note);
      this.unanswered--;
    } catch (error) {
      this.failed(blow, error);
    }
  }

  /** As the product's own client asks, but for its limit of time. */
  private async update(blow: CommandBlow): Promise<CommandAnswer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.updateOnce(blow);
      } catch (error) {
        if (!wasGivenBack(error) || attempt === UPDATE_ATTEMPTS) throw error;
      }
    }
  }

  private updateOnce(blow: CommandBlow): Promise<CommandAnswer> {
    const send = (name: string, argument?: object): Promise<CommandAnswer> =>
      argument === undefined
        ? this.handle.executeUpdate<CommandAnswer, []>(name)
        : this.handle.executeUpdate<CommandAnswer, [object]>(name, { args: [argument] });
    switch (blow.kind) {
      case 'abort by update':
        return send('abort');
      case 'completion forced':
        return send('forceComplete');
      case 'maximum downtime set':
        return send('setMaxDowntime', { maxDowntimeMs: blow.ms });
      case 'bandwidth set':
        return send('setBandwidth', { bandwidthMiBps: blow.mibPerSec });
    }
  }

  /** The answer says in words what it has set: forcing completion never lowers what was set before. */
  private isSet(limit: Limit, note: string): void {
    const [, ms, mibPerSec] =
      /maximum downtime (\d+) ms|bandwidth (\d+) MiB|bandwidth no limit/.exec(note) ?? [];
    const required = limit === 'maxDowntimeMs' ? Number(ms) : Number(mibPerSec ?? 0) * MIB;
    this.applied.set(limit, required);
    if (this.job[limit] !== required)
      this.wrongs.push(`"${note}", and the job has ${limit} ${this.job[limit]}, required ${required}`);
  }

  private failed({ kind }: CommandBlow, error: unknown): void {
    if (error instanceof WorkflowNotFoundError) return this.done(); // it has ended
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && cause.type === ErrorType.CommandRefused) return this.done();
    if (cause === undefined) return; // it may yet arrive: nothing can be said of the limits any more
    if (cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow') return;
    this.wrongs.push(`${kind}: neither done nor refused as it should be: ${String(cause)}`);
  }

  private done(): void {
    this.unanswered--;
  }
}

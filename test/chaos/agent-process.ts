/**
 * One host's agent as a process that can be killed: the product's own agent, whose death is what kill -9 leaves. It
 * answers nothing any more, its calls to the hypervisor fail, its ledger's disk refuses; then a new one starts from the
 * disk. What it had begun in libvirt goes on.
 */
import { CompleteAsyncError, type Context } from '@temporalio/activity';
import type { Next } from '@temporalio/common';
import {
  type ActivityExecuteInput,
  type ActivityInboundCallsInterceptor,
  NativeConnection,
} from '@temporalio/worker';
import { mkdirSync } from 'node:fs';
import { type RunningAgent, startAgentFromConfig } from '../../src/agent/start';
import type { AgentConfig } from '../../src/agent/config';
import type { Hypervisor } from '../../src/hypervisor/port';
import { CrashDisk } from '../claims/crash-disk';
import type { ActivityName } from './faults';
import type { TcpLink } from './tcp-link';
import { type CallWatch, watchedDisk, watchedHypervisor } from './watched';

type Execute = Next<ActivityInboundCallsInterceptor, 'execute'>;

/** How a step is disturbed that is about to run. */
export interface Disturbance {
  delayMs?: number;
  answerLost?: boolean;
  twiceLaterMs?: number;
}

export interface AgentWatch extends CallWatch {
  /** May kill the agent. */
  step(activity: ActivityName, moment: 'start' | 'end'): void;
  disturb(activity: ActivityName): Disturbance;
}

export interface AgentHome {
  config: AgentConfig;
  link: TcpLink;
  namespace: string;
  /** Settles when Temporal answers. */
  temporalUp(): Promise<void>;
  openHypervisor(): Hypervisor;
  watch: AgentWatch;
}

/** Temporal may be killed while it starts; a service manager then starts it again. */
const START_ATTEMPTS = 5;

const silent = { info: () => undefined, warn: () => undefined };

export class AgentProcess {
  disk = new CrashDisk();
  private life: Life | undefined;
  private readonly dying = new Set<Promise<void>>();

  constructor(private readonly home: AgentHome) {
    mkdirSync(home.config.stateDir, { recursive: true }); // the ledger's lock is a real file
  }

  get alive(): boolean {
    return this.life !== undefined;
  }

  async start(): Promise<void> {
    if (this.life) return;
    const life = new Life(this.home, this.disk);
    this.life = life;
    await life.start();
  }

  /** Returns at once; the old process's last breath is drawn in the background. */
  kill(unsynced: 'lost' | 'kept'): void {
    const { life } = this;
    if (!life) return;
    this.life = undefined;
    this.disk.cutAfter(0);
    this.disk = this.disk.restart(unsynced === 'lost' ? 'synced' : 'latest');
    this.track(life.die());
  }

  /** Nothing is under way in this process any more, and the killed ones are gone. */
  async quiet(): Promise<void> {
    while (this.life && this.life.underWay.size > 0) await Promise.allSettled(this.life.underWay);
    await Promise.all(this.dying);
  }

  get steps(): string[] {
    return [...(this.life?.names ?? [])];
  }

  get jobs(): number {
    return this.life?.jobs ?? 0;
  }

  async stop(): Promise<void> {
    const { life } = this;
    this.life = undefined;
    if (life) await life.die();
    await Promise.all(this.dying);
  }

  private track(end: Promise<void>): void {
    const gone = end.finally(() => this.dying.delete(gone));
    this.dying.add(gone);
  }
}

/** From one start to one death. */
class Life {
  readonly underWay = new Set<Promise<unknown>>();
  readonly names = new Set<string>();
  private agent: RunningAgent | undefined;
  private connection: NativeConnection | undefined;
  private readonly hypervisor: Hypervisor;
  private dead = false;
  private readonly death: Promise<never>;
  private strike!: (death: CompleteAsyncError) => void;
  private starting: Promise<void> | undefined;

  constructor(
    private readonly home: AgentHome,
    private readonly disk: CrashDisk,
  ) {
    this.death = new Promise((_, reject) => (this.strike = reject));
    this.death.catch(() => undefined);
    this.hypervisor = home.openHypervisor();
  }

  get jobs(): number {
    return this.agent?.migrationsInFlight() ?? 0;
  }

  /** Killed while it starts is an end like another. */
  start(): Promise<void> {
    this.starting = this.open().catch((error: unknown) => {
      if (!this.dead) throw error;
    });
    return this.starting;
  }

  async die(): Promise<void> {
    this.dead = true;
    this.strike(new CompleteAsyncError()); // which is how an activity ends without an answer
    await this.hypervisor.close();
    await this.starting?.catch(() => undefined);
    this.agent?.shutdown();
    await this.agent?.done;
    await this.connection?.close();
  }

  private async open(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.home.temporalUp();
      this.breathe();
      try {
        return await this.openOnce();
      } catch (error) {
        await this.connection?.close().catch(() => undefined);
        this.connection = undefined;
        this.breathe();
        if (attempt === START_ATTEMPTS) throw error;
      }
    }
  }

  private async openOnce(): Promise<void> {
    const { home } = this;
    this.connection = await NativeConnection.connect({ address: home.link.address });
    this.agent = await startAgentFromConfig({
      config: home.config,
      connection: this.connection,
      namespace: home.namespace,
      log: silent,
      hypervisor: watchedHypervisor(this.hypervisor, home.watch),
      disk: watchedDisk(this.disk, home.watch),
      interceptors: {
        activity: [
          (context) => ({ inbound: { execute: (input, next) => this.execute(context, input, next) } }),
        ],
      },
    });
  }

  private async execute(context: Context, input: ActivityExecuteInput, next: Execute): Promise<unknown> {
    if (this.dead) throw new CompleteAsyncError();
    const step = this.step(context.info.activityType as ActivityName, () => next(input));
    this.track(context.info.activityType, step);
    return Promise.race([step, this.death]);
  }

  private async step(name: ActivityName, run: () => Promise<unknown>): Promise<unknown> {
    const { watch } = this.home;
    watch.step(name, 'start');
    const { delayMs, answerLost, twiceLaterMs } = watch.disturb(name);
    if (delayMs !== undefined) await pause(delayMs);
    this.breathe();
    if (twiceLaterMs === 0) this.track(name, run());
    const answer = await run().then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    if (!this.dead) watch.step(name, 'end');
    this.breathe();
    if (twiceLaterMs) this.track(name, this.later(twiceLaterMs, run));
    if (answerLost) throw new CompleteAsyncError();
    return answer();
  }

  private async later(ms: number, run: () => Promise<unknown>): Promise<void> {
    await pause(ms);
    if (!this.dead) await run();
  }

  private breathe(): void {
    if (this.dead) throw new CompleteAsyncError();
  }

  private track(name: string, step: Promise<unknown>): void {
    const ended = step
      .catch(() => undefined)
      .finally(() => {
        this.underWay.delete(ended);
        this.names.delete(name);
      });
    this.names.add(name);
    this.underWay.add(ended);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

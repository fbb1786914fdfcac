/**
 * An agent's own series. Jobs are counted where they end, once a job and not once an attempt that watches it; sweeps where
 * their activity returns: one that is tried again has swept again, and finds no leak that the first has mended. What an agent
 * that died had not told is lost, and its counters start anew at 0: rate() and increase() know.
 */
import type { MetricMeter } from '@temporalio/common';
import { ApplicationFailure, type Context } from '@temporalio/activity';
import type { WorkerInterceptors } from '@temporalio/worker';
import {
  type HostActivities,
  type HostInventory,
  type MigrateOutcome,
  type ReconcileReport,
  type Sample,
  type Series,
  ErrorType,
  METRICS,
  causeOf,
} from '../contract';
import { Gauges } from '../metrics/gauges';
import { type Repeated, repeat } from '../metrics/repeat';
import { hostGauges } from './host-gauges';

/** Each reads every domain of the host: half as often as Prometheus usually scrapes. */
const LOOK_EACH_MS = 30_000;

/** libvirt answers in milliseconds, or hangs. */
const ANSWER_WITHIN_MS = 10_000;

/** How a job usually ends. */
const JOB_CAUSES = [
  ...['none', 'other', ErrorType.MigrationFailed, ErrorType.Aborted, ErrorType.TimedOut],
  ...[ErrorType.OutcomeUnknown, ErrorType.StateChanged, ErrorType.GuestChanged, ErrorType.XmlRewrite],
];

const SWEEP: keyof HostActivities = 'reconcileHost';

export interface HostMetricsOptions {
  host: string;
  meter: MetricMeter;
  /** Of this program. */
  version: string;
  reconcileEveryMinutes: number;
  lookEachMs?: number | undefined;
}

export class HostMetrics {
  private readonly looked: Gauges;
  private readonly own: Gauges;
  private inFlight = 0;

  constructor(private readonly options: HostMetricsOptions) {
    this.looked = new Gauges(options.meter);
    this.own = new Gauges(options.meter);
    this.countFromZero();
    this.set(METRICS.inFlight, 0);
    this.set(METRICS.sweepInterval, options.reconcileEveryMinutes * 60);
    this.set(METRICS.lastSweep, Date.now() / 1_000);
    this.set(METRICS.sweepAttention, 0);
  }

  /** For `MigrationJobs`. */
  readonly jobStarted = (end: Promise<MigrateOutcome>): void => {
    this.set(METRICS.inFlight, ++this.inFlight);
    const ended = (cause: string): void => {
      this.set(METRICS.inFlight, --this.inFlight);
      this.count(METRICS.jobsEnded, { cause });
    };
    end.then(
      () => ended('none'),
      (error: unknown) => ended(causeOf(typeOf(error))),
    );
  };

  /** Counts what the sweeps return. */
  readonly interceptors: WorkerInterceptors = {
    activity: [
      ({ info }: Context) => ({
        inbound: {
          execute: async (input, next) => {
            if (info.activityType !== SWEEP) return next(input);
            try {
              const report = (await next(input)) as ReconcileReport;
              this.swept(report);
              return report;
            } catch (error) {
              this.count(METRICS.sweeps, { result: 'failed' });
              throw error;
            }
          },
        },
      }),
    ],
  };

  /** Looks at the host now and again. */
  lookBy(look: () => Promise<HostInventory>, log: { warn(fields: object, message: string): void }): Repeated {
    return repeat(this.options.lookEachMs ?? LOOK_EACH_MS, () => this.lookOnce(look), {
      failed: (error) => log.warn({ error: String(error) }, "the host's figures could not be read"),
    });
  }

  private async lookOnce(look: () => Promise<HostInventory>): Promise<void> {
    const late = setTimeout(() => this.set(METRICS.hypervisorUp, 0), ANSWER_WITHIN_MS);
    try {
      const inventory = await look();
      this.set(METRICS.hypervisorUp, 1);
      this.looked.show(hostGauges(inventory, this.options.version));
    } catch (error) {
      this.set(METRICS.hypervisorUp, typeOf(error) === ErrorType.HypervisorUnavailable ? 0 : 1);
      throw error;
    } finally {
      clearTimeout(late);
    }
  }

  private swept({ released, removed, consumed, attention }: ReconcileReport): void {
    this.count(METRICS.sweeps, { result: 'done' });
    this.set(METRICS.lastSweep, Date.now() / 1_000);
    this.set(METRICS.sweepAttention, attention.length);
    this.count(METRICS.leaksFound, { found: 'claim' }, released.length);
    this.count(METRICS.leaksFound, { found: 'device' }, removed.length);
    this.count(METRICS.leaksFound, { found: 'finished' }, consumed.length);
  }

  /** A counter that is first seen at 1 has not increased, as Prometheus sees it. */
  private countFromZero(): void {
    for (const cause of JOB_CAUSES) this.count(METRICS.jobsEnded, { cause }, 0);
    for (const result of ['done', 'failed']) this.count(METRICS.sweeps, { result }, 0);
    for (const found of ['claim', 'device', 'finished']) this.count(METRICS.leaksFound, { found }, 0);
  }

  private count({ name, help }: Series, labels: Record<string, string>, by = 1): void {
    const { meter, host } = this.options;
    meter.createCounter(name, '', help).add(by, { host, ...labels });
  }

  private set(series: Sample['series'], value: number): void {
    this.own.set({ series, labels: { host: this.options.host }, value });
  }
}

function typeOf(error: unknown): string | undefined {
  return error instanceof ApplicationFailure ? (error.type ?? undefined) : undefined;
}

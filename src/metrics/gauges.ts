/** Gauges that are set from a look: what the look does not show any more is 0, not what it was. */
import type { MetricGauge, MetricMeter } from '@temporalio/common';
import type { Sample, Series } from '../contract';

export class Gauges {
  private readonly gauges = new Map<string, MetricGauge>();
  /** What was set last, by series and labels: the SDK keeps a gauge's value until it gets another. */
  private shown = new Map<string, Sample>();

  constructor(private readonly meter: MetricMeter) {}

  /** One value, kept until it is set again. */
  set({ series, labels, value }: Sample): void {
    this.gaugeOf(series).set(value, labels);
  }

  /** All that one look has shown. */
  show(samples: readonly Sample[]): void {
    const now = new Map(samples.map((sample) => [keyOf(sample), sample]));
    for (const sample of samples) this.set(sample);
    for (const [key, gone] of this.shown) if (!now.has(key)) this.set({ ...gone, value: 0 });
    this.shown = now;
  }

  private gaugeOf({ name, help }: Series): MetricGauge {
    const gauge = this.gauges.get(name) ?? this.meter.createGauge(name, 'float', '', help);
    this.gauges.set(name, gauge);
    return gauge;
  }
}

function keyOf({ series, labels }: Sample): string {
  return JSON.stringify([series.name, Object.entries(labels).sort()]);
}

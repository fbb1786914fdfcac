/** A meter that keeps what it is told: counters as sums, gauges as their last values. */
import { type MetricMeter, type MetricTags, noopMetricMeter } from '@temporalio/common';

export class FakeMeter {
  /** By `name{label="value",…}`, the labels in the order of their names. */
  readonly values: Record<string, number> = {};

  get meter(): MetricMeter {
    const note = (name: string, tags: MetricTags, value: (before: number) => number): void => {
      const key = keyOf(name, tags);
      this.values[key] = value(this.values[key] ?? 0);
    };
    return {
      ...noopMetricMeter,
      createHistogram: (...args) => noopMetricMeter.createHistogram(...args),
      createCounter: (name) => ({
        ...noopMetricMeter.createCounter(name),
        add: (by, tags = {}) => note(name, tags, (before) => before + by),
      }),
      createGauge: (name) => ({
        ...noopMetricMeter.createGauge(name),
        set: (value, tags = {}) => note(name, tags, () => value),
      }),
      withTags: () => this.meter,
    };
  }
}

function keyOf(name: string, tags: MetricTags): string {
  const labels = Object.entries(tags).sort(([one], [other]) => (one < other ? -1 : 1));
  return `${name}{${labels.map(([label, value]) => `${label}="${String(value)}"`).join(',')}}`;
}

/** Without Prometheus, the figures go where the spans go. */
import { Runtime } from '@temporalio/worker';
import { installRuntime } from '../../src/cli/runtime';
import { until } from '../support/until';
import { Collector } from './collector';

test('a collector is told the figures, ours among them', async () => {
  const collector = await Collector.start();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_METRIC_EXPORT_INTERVAL: '100' };
  installRuntime(null, env)!.createCounter('vgpu_ferry_told_total').add(1);
  await until(() =>
    Promise.resolve(collector.metrics.some((body) => body.includes('vgpu_ferry_told_total'))),
  );
  await Runtime.instance().shutdown();
  await collector.stop();
});

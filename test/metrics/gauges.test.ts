import { type Sample, METRICS } from '../../src/contract';
import { Gauges } from '../../src/metrics/gauges';
import { FakeMeter } from '../support/meter';

function free(type: string, value: number): Sample {
  return { series: METRICS.mdevsCreatable, labels: { host: 'host-a', type }, value };
}

test('what a look does not show any more is 0, not what it was', () => {
  const { meter, values } = new FakeMeter();
  const gauges = new Gauges(meter);
  gauges.show([free('nvidia-470', 8), free('nvidia-471', 4)]);
  gauges.show([free('nvidia-471', 3)]);
  expect(values).toEqual({
    'vgpu_ferry_mdevs_creatable{host="host-a",type="nvidia-470"}': 0,
    'vgpu_ferry_mdevs_creatable{host="host-a",type="nvidia-471"}': 3,
  });
});

test('what was set by itself is not touched by a look', () => {
  const { meter, values } = new FakeMeter();
  const gauges = new Gauges(meter);
  gauges.set({ series: METRICS.hypervisorUp, labels: { host: 'host-a' }, value: 1 });
  gauges.show([]);
  expect(values).toEqual({ 'vgpu_ferry_hypervisor_up{host="host-a"}': 1 });
});

/** The source's copy by its lifecycle events: only one order of them says that it can't run again. */
import * as libvirt from '../../../src/hypervisor/libvirt/constants';
import { type SourceStage, stageAfter } from '../../../src/hypervisor/libvirt/source-stage';

const STOP = [libvirt.VIR_DOMAIN_EVENT_SUSPENDED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED];
const PAUSE = [libvirt.VIR_DOMAIN_EVENT_SUSPENDED, libvirt.VIR_DOMAIN_EVENT_SUSPENDED_PAUSED];
const RESUME = [libvirt.VIR_DOMAIN_EVENT_RESUMED, 1];
const HOST_ENDS = [libvirt.VIR_DOMAIN_EVENT_SHUTDOWN, libvirt.VIR_DOMAIN_EVENT_SHUTDOWN_HOST];
const GUEST_ENDS = [libvirt.VIR_DOMAIN_EVENT_SHUTDOWN, libvirt.VIR_DOMAIN_EVENT_SHUTDOWN_GUEST];
/** What QEMU says that does not tell who asked for it. */
const ENDS = [libvirt.VIR_DOMAIN_EVENT_SHUTDOWN, 0];
const GONE = [libvirt.VIR_DOMAIN_EVENT_STOPPED, 3];

test.each([
  ['a switchover', [STOP, HOST_ENDS], 'ending'],
  ['and what comes after it', [STOP, HOST_ENDS, GONE], 'ending'],
  ['the stop alone', [STOP], 'stopped'],
  ['a destroy while the guest runs', [HOST_ENDS], 'going'],
  ['a destroy of a guest that was taken back', [STOP, RESUME, HOST_ENDS], 'going'],
  ['a second switchover after one that failed', [STOP, RESUME, STOP, HOST_ENDS], 'ending'],
  ['a destroy of a guest that its user had paused', [PAUSE, HOST_ENDS], 'going'],
  ['a guest that powers itself off', [GUEST_ENDS], 'going'],
  ['one that does so in the switchover', [STOP, GUEST_ENDS], 'going'],
  ['and is then told to end', [STOP, GUEST_ENDS, HOST_ENDS], 'going'],
  ['an end that says nothing of its reason', [STOP, ENDS], 'going'],
  ['a QEMU that is gone without a word', [STOP, GONE], 'going'],
])('%s', (_what, events, stage) => {
  const steps = events.map(([event = NaN, detail = NaN]) => ({ event, detail }));
  expect(steps.reduce<SourceStage>(stageAfter, 'going')).toBe(stage);
});

/** The demo's fleet: its workstation moves, within the time that a demo has. */
import { PLAIN_CHANNEL } from '../../../src/hypervisor/port';
import {
  createSimulatedHypervisor,
  FleetControl,
  ManualClock,
  MemoryStore,
  SAMPLE_GPU,
  SAMPLE_GUEST,
  SAMPLE_TYPE,
  sampleFleet,
} from '../../../src/hypervisor/simulated';

test('the sample workstation moves in three to four seconds', async () => {
  const clock = new ManualClock();
  const access = { clock, store: new MemoryStore(sampleFleet(clock.now())) };
  const control = new FleetControl(access);
  const a = createSimulatedHypervisor({ ...access, host: 'host-a' });
  const b = createSimulatedHypervisor({ ...access, host: 'host-b' });
  let xml = await a.domainXml(SAMPLE_GUEST.uuid, 'migratable');
  let persistXml = await a.domainXml(SAMPLE_GUEST.uuid, 'migratable-inactive');
  for (const { uuid } of await control.mdevs('host-a')) {
    const target = uuid.replace(/^.{8}/, '00000000');
    await b.createMdev({ uuid: target, type: SAMPLE_TYPE, parent: SAMPLE_GPU, persistent: true });
    xml = xml.replaceAll(uuid, target);
    persistXml = persistXml.replaceAll(uuid, target);
  }
  const moved = a.migrate(SAMPLE_GUEST.uuid, {
    targetUri: 'qemu+tls://host-b/system',
    destXml: xml,
    persistXml,
    maxDowntimeMs: 300,
    bandwidthMiBps: 0,
    startPaused: false,
    channel: PLAIN_CHANNEL,
  });
  await control.untilMigrating(SAMPLE_GUEST.uuid);
  clock.advance(3_000);
  expect(await a.observe(SAMPLE_GUEST.uuid)).toMatchObject({ state: 'running', job: 'outgoing' });
  clock.advance(1_000);
  await moved;
  expect(await a.observe(SAMPLE_GUEST.uuid)).toEqual({ state: 'absent' });
  expect(await b.observe(SAMPLE_GUEST.uuid)).toEqual({
    state: 'running',
    reason: 'migrated',
    job: 'none',
    persistent: true,
  });
  expect(await control.runningCopies(SAMPLE_GUEST.uuid)).toEqual(['host-b']);
  expect((await b.completedJobStats(SAMPLE_GUEST.uuid))?.downtimeMs).toBeGreaterThan(0);
});

/** A migration's checks beforehand: the same as the migration's own, of both hosts, and nothing is touched. */
import { ErrorType, type DryRun } from '../../src/contract';
import { SAMPLE_GUEST, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { dryRun } from '../../src/temporal/dry-run';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';

let ferry: Ferry;
useFerry((made) => (ferry = made));

const guest = SAMPLE_GUEST.uuid;

function look(change: Partial<{ guest: string; source: string; destination: string }> = {}): Promise<DryRun> {
  return dryRun(ferry.client, { guest, source: 'host-a', destination: 'host-b', ...change });
}

const checksOf = ({ failed }: DryRun): string[] => failed.map(({ host, check }) => `${host} ${check}`);

test('ready: both hosts, the guest, and the devices that would be claimed; nothing is touched', async () => {
  const { hosts: before } = await ferry.fleet.snapshot();
  const report = await look();
  expect(report).toMatchObject({ guest, guestName: SAMPLE_GUEST.name, ready: true, failed: [] });
  expect(report.hosts.destination).toEqual(report.hosts.source); // alike in the sample fleet
  expect(report.devices!.map(({ type }) => type)).toEqual([SAMPLE_TYPE, SAMPLE_TYPE]);
  expect(report.planned.map(({ source }) => source)).toEqual(report.devices!.map(({ uuid }) => uuid));
  expect((await ferry.fleet.snapshot()).hosts).toEqual(before);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
});

test('not ready: it says what the migration itself then says', async () => {
  await ferry.fleet.startGuest({
    ...{ host: 'host-b', uuid: guest, name: 'a-copy', mdevs: 0, persistent: false },
    ...{ type: SAMPLE_TYPE, parent: 'none' },
  });
  const report = await look({ source: 'host-a', destination: 'host-b' });
  expect(checksOf(report)).toEqual(['host-b guest-absent']);
  expect(report.ready).toBe(false);
  const failure = await failureOf(await ferry.migrate({ guest }));
  expect(failure).toMatchObject({ type: ErrorType.PreCheck, details: [report.failed] });
});

test('a destination without an agent is one failed check beside those of the source', async () => {
  await ferry.stopAgent('host-b');
  await ferry.fleet.shutDownGuest(guest);
  const report = await look();
  expect(checksOf(report)).toEqual(['host-a guest-state', 'host-b agent-answers']);
  expect(report).toMatchObject({ ready: false, hosts: { destination: null }, planned: [] });
});

test('a guest that is not there is told in the words of the host; the destination is asked all the same', async () => {
  const report = await look({ guest: '6a1b2c3d-0000-4000-8000-0000000000ff' });
  expect(checksOf(report)).toEqual(['host-a guest-found']);
  expect(report.failed[0]!.found).toMatch(/No guest .* on host-a/);
  expect(report).toMatchObject({ devices: null, hosts: { source: null, destination: { protocol: 3 } } });
});

test('a guest that is on its way is not ready', async () => {
  const [busy, handle] = await ferry.endlessMigration();
  const report = await look({ guest: busy });
  expect(checksOf(report)).toContain('host-a not-migrating');
  await handle.cancel();
  await failureOf(handle);
});

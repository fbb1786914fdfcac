/** Migrations over TLS as their user sees them, on simulated hosts: the way is told, and what does not fit ends in a typed failure. */
import { ErrorType } from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { dryRun } from '../../src/temporal/dry-run';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';

let ferry: Ferry;
useFerry((made) => (ferry = made));

const guest = SAMPLE_GUEST.uuid;
const dry = () => dryRun(ferry.client, { guest, source: 'host-a', destination: 'host-b' });

async function withSettings(settings: Ferry['settings']): Promise<void> {
  await ferry.stopAgent('host-a');
  ferry.settings = settings;
  await ferry.startAgent('host-a');
}

async function expectUntouched(): Promise<void> {
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  expect(await ferry.fleet.mdevs('host-b')).toEqual([]);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
}

test('over TLS it goes, and the dry run tells so', async () => {
  for (const host of ['host-a', 'host-b']) await ferry.fleet.setCertificate(host);
  await withSettings({ requireTls: true });
  expect(await dry()).toMatchObject({ ready: true, way: { libvirt: 'tls', memory: 'tls' } });
  await (await ferry.migrate({ guest })).result();
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
});

test('a host that requires TLS does not let it go otherwise: told beforehand, and by the migration', async () => {
  const peer = { libvirtUri: 'sim+tcp://host-b/system', migrationTls: 'off' } as const;
  await withSettings({ requireTls: true, peers: { 'host-b': peer } });
  const { failed } = await dry();
  expect(failed.map(({ host, check }) => `${host} ${check}`)).toEqual([
    'host-a peer-encrypted',
    'host-a migration-encrypted',
  ]);
  expect(await failureOf(await ferry.migrate({ guest }))).toMatchObject({
    ...{ type: ErrorType.PreCheck, details: [failed] },
  });
  await expectUntouched();
});

test('a certificate that does not fit ends it by its own type, and all is undone', async () => {
  await ferry.fleet.setCertificate('host-a');
  await ferry.fleet.setCertificate('host-b', { name: 'elsewhere' });
  await withSettings({ requireTls: true });
  expect(await failureOf(await ferry.migrate({ guest }))).toMatchObject({
    type: ErrorType.Tls,
    message: expect.stringMatching(/QEMU certificate of host-b \(server-cert\.pem\) is not for host-b/),
  });
  await expectUntouched();
});

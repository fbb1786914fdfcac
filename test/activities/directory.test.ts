/** What a host tells of itself: its types, its guests with their devices, its ledger. Nothing of it is a secret. */
import { AGENT_PROTOCOL } from '../../src/contract';
import { SAMPLE_GPU, SAMPLE_GUEST, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { HostPair } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(() => pair.close());

test('a host with a guest', async () => {
  const inventory = await pair.a.activities.describeHost();
  expect(inventory).toMatchObject({ host: 'host-a', protocol: AGENT_PROTOCOL, migrating: 0, records: [] });
  const [use] = inventory.types.filter(({ type }) => type === SAMPLE_TYPE);
  const [seen] = inventory.guests.filter((one) => one.uuid === guest);
  expect(seen).toMatchObject({ running: true, persistent: true });
  expect(seen!.mdevs.map(({ type }) => type)).toEqual(seen!.mdevs.map(() => SAMPLE_TYPE));
  expect(use).toMatchObject({ used: seen!.mdevs.length, claimed: 0, parents: [SAMPLE_GPU] });
});

test('a guest that is off is shown with the devices of its definition', async () => {
  const before = await pair.a.activities.describeHost();
  await pair.fleet.shutDownGuest(guest);
  const after = await pair.a.activities.describeHost();
  expect(after.guests).toEqual(
    before.guests.map((one) => (one.uuid === guest ? { ...one, running: false } : one)),
  );
});

test('a claim is told with whose it is', async () => {
  const { claim, input } = await pair.prepare(guest);
  const { records, types } = await pair.b.activities.describeHost();
  const byUuid = <T extends { uuid: string | null }>(list: T[]): T[] =>
    [...list].sort((one, other) => (one.uuid! < other.uuid! ? -1 : 1));
  expect(byUuid(records)).toEqual(
    byUuid(
      claim.mdevs.map(({ target, type, parent }) => ({
        ...{ kind: 'claimed', uuid: target, type, parent, guest, migration: input.migration.workflow },
        ...{ since: expect.any(String), reason: null },
      })),
    ),
  );
  expect(types.find(({ type }) => type === SAMPLE_TYPE)).toMatchObject({ claimed: claim.mdevs.length });
});

test('a device that the host does not know has no type', async () => {
  const { uuid: other } = await pair.startGuest({ name: 'other' });
  const mdev = (await pair.a.activities.describeHost()).guests.find((one) => one.uuid === other)!.mdevs[0]!;
  jest.spyOn(pair.a.hypervisor, 'listMdevs').mockResolvedValueOnce([]);
  const { guests } = await pair.a.activities.describeHost();
  expect(guests.find((one) => one.uuid === other)!.mdevs[0]).toEqual({ uuid: mdev.uuid, type: null });
  jest.restoreAllMocks();
});

/** A guest by its name, wherever it is: one that is on two hosts while it moves is one; two of a name are told apart. */
import { SAMPLE_GUEST, SAMPLE_GPU, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { type Purpose, guestNamed, guestOn } from '../../src/temporal/named-guest';
import { type Ferry, useFerry } from '../support/ferry';
import { until } from '../support/until';

let ferry: Ferry;
useFerry((made) => (ferry = made));

const { uuid, name } = SAMPLE_GUEST;

beforeEach(async () => {
  // known by their schedules; so long between two sweeps that none begins within a test
  for (const host of ['host-a', 'host-b']) {
    await ferry.stopAgent(host);
    await ferry.startAgent(host, 10_000);
  }
  await until(() => named(name).then((found) => found === uuid));
});

/** Asked again, where an agent that answers late counts as none. */
const named = (text: string, purpose: Purpose = 'look'): Promise<string> =>
  guestNamed(ferry.client, text, purpose).catch((error: unknown) => (error as Error).message);

const other = (host: string, of: string): Promise<unknown> =>
  ferry.fleet.startGuest({
    ...{ host, uuid: '00000000-0000-4000-8000-0000000000aa', name: of, mdevs: 1, memoryMiB: 512 },
    ...{ type: SAMPLE_TYPE, parent: SAMPLE_GPU },
  });

test('a UUID is itself, in any case, and nobody is asked', async () => {
  for (const host of ['host-a', 'host-b']) await ferry.stopAgent(host);
  expect(await guestNamed(ferry.client, uuid.toUpperCase(), 'act')).toBe(uuid);
  expect(await guestOn(ferry.client, 'host-a', uuid.toUpperCase())).toBe(uuid);
});

test('one that moves is on two hosts', async () => {
  const [moving] = await ferry.endlessMigration();
  const busy = `busy-${moving.slice(0, 8)}`;
  await until(() => named(busy).then((found) => found === moving));
});

test('two of a name are told apart by their UUIDs', async () => {
  await other('host-b', name);
  const both = /Of the name .* found: [-0-9a-f]{36}, [-0-9a-f]{36}\. Nothing was done/;
  await until(() => named(name).then((found) => both.test(found)));
  expect(await named(name)).toContain(uuid);
});

test('a name that no host has; the hosts that could not be asked are named', async () => {
  await ferry.stopAgent('host-b');
  expect(await named('nobody')).toMatch(
    /^No host has a guest with the name "nobody"\..*did not tell: host-b \(no agent answers\).*vgpu-ferry guests/,
  );
});

test('to act on it all hosts have to have answered: the silent one may have another of that name', async () => {
  await until(() => named(name, 'act').then((found) => found === uuid));
  await ferry.stopAgent('host-b');
  await until(() => named(name).then((found) => found === uuid));
  expect(await named(name, 'act')).toMatch(new RegExp(`found: ${uuid}\\. Hosts that did not tell: host-b`));
});

test('on a host that is named too, that one alone is asked: others of that name, and silent hosts, do not matter', async () => {
  await other('host-b', name);
  expect(await guestOn(ferry.client, 'host-a', name)).toBe(uuid);
  await ferry.stopAgent('host-b');
  expect(await guestOn(ferry.client, 'host-a', name)).toBe(uuid);
  await expect(guestOn(ferry.client, 'host-a', 'nobody')).rejects.toThrow(/^Host host-a has no guest/);
});

/** What a parent device still offers, by the two kinds of parent. */
import { randomUUID } from 'node:crypto';
import {
  createSimulatedHypervisor,
  emptyFleet,
  FleetControl,
  ManualClock,
  MemoryStore,
  type ParentState,
  SAMPLE_VERSIONS,
  sampleGpu,
} from '../../../src/hypervisor/simulated';

async function hostWith(parent: ParentState) {
  const access = { clock: new ManualClock(), store: new MemoryStore(emptyFleet(0)) };
  await new FleetControl(access).addHost({ name: 'host-a', versions: SAMPLE_VERSIONS, parents: { parent } });
  const host = createSimulatedHypervisor({ ...access, host: 'host-a' });
  const left = async () =>
    Object.fromEntries(
      (await host.mdevTypes()).map(({ type, availableInstances }) => [type, availableInstances]),
    );
  const create = (type: string) =>
    host.createMdev({ uuid: randomUUID(), type, parent: 'parent', persistent: false });
  return { left, create };
}

test('a GPU carries one type at a time', async () => {
  const { left, create } = await hostWith(sampleGpu());
  expect(await left()).toEqual({ 'nvidia-470': 8, 'nvidia-471': 4, 'nvidia-473': 2 });
  await create('nvidia-471');
  expect(await left()).toEqual({ 'nvidia-470': 0, 'nvidia-471': 3, 'nvidia-473': 0 });
  await expect(create('nvidia-470')).rejects.toMatchObject({
    message: expect.stringContaining('No available instances of nvidia-470') as string,
  });
});

test('a parent of mixed types shares its capacity', async () => {
  const types = { 'mtty-1': { name: null, cost: 1 }, 'mtty-2': { name: null, cost: 2 } };
  const { left, create } = await hostWith({ capacity: 5, oneTypeAtATime: false, types });
  await create('mtty-2');
  await create('mtty-1');
  expect(await left()).toEqual({ 'mtty-1': 2, 'mtty-2': 1 });
});

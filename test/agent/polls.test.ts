/** A fleet's agents share what a server's frontend takes of open requests. */
import { Worker } from '@temporalio/worker';
import { type Ferry, useFerry } from '../support/ferry';

let ferry: Ferry;
useFerry((made) => (ferry = made));

test('an agent holds one open request at each of its queues', async () => {
  await ferry.stopAgent('host-a');
  const create = jest.spyOn(Worker, 'create');
  await ferry.startAgent('host-a');
  const workers = await Promise.all(create.mock.results.map(({ value }) => value as Promise<Worker>));
  create.mockRestore();
  expect(workers.map(({ options }) => options.activityTaskPollerBehavior)).toEqual([
    { type: 'simple-maximum', maximum: 1 },
    { type: 'simple-maximum', maximum: 1 },
  ]);
});

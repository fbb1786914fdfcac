/** An agent that dies within a short step is missed by its heartbeats, not by the step's own long limit. */
import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/client';
import type { WorkerInterceptors } from '@temporalio/worker';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import type { EmbeddedTemporal } from '../../src/temporal/embedded';
import { failureOf } from '../support/failures';
import { Ferry, startTestServer } from '../support/ferry';

/** Far below the step's own limit of two minutes. */
const TEST_MS = 60_000;

let temporal: EmbeddedTemporal;
let ferry: Ferry;

beforeAll(async () => {
  temporal = await startTestServer();
}, 300_000);
afterAll(() => temporal.stop());
beforeEach(async () => {
  ferry = await Ferry.start(temporal);
});
afterEach(() => ferry.close());

/** As if its process had died with the first attempt in hand. */
async function diesIn(host: string, step: string): Promise<void> {
  const lost: WorkerInterceptors = {
    activity: [
      ({ info }) => ({
        inbound: {
          execute: (input, next) =>
            info.activityType === step && info.attempt === 1 ? Context.current().cancelled : next(input),
        },
      }),
    ],
  };
  await ferry.stopAgent(host);
  await ferry.startAgent(host, 0, lost);
}

test.each([
  ['host-b', 'finalizeOnDestination'],
  ['host-a', 'cleanUpSource'],
])(
  'the agent of %s in %s',
  async (host, step) => {
    await diesIn(host, step);
    const { uuid: guest } = SAMPLE_GUEST;
    expect(await (await ferry.migrate({ guest })).result()).toMatchObject({ runsOn: 'host-b' });
    expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
  },
  TEST_MS,
);

test(
  'the agent of host-b in releaseClaim',
  async () => {
    await diesIn('host-b', 'releaseClaim');
    const [guest, handle] = await ferry.endlessMigration();
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
    expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
  },
  TEST_MS,
);

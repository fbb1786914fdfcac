/** An agent that dies within a short step is missed by its heartbeats, not by the step's own long limit. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/client';
import type { WorkerInterceptors } from '@temporalio/worker';
import { ErrorType, type MigrationProgress } from '../../src/contract';
import { SAMPLE_GPU, SAMPLE_GUEST, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { command } from '../../src/temporal/commands';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';
import { record } from '../support/histories';
import { until } from '../support/until';

/** Far below the step's own limit of two minutes. */
const TEST_MS = 60_000;

let ferry: Ferry;
useFerry((made) => (ferry = made));

/** As if its process had died with the task in hand. */
const dies = (): Promise<never> => Context.current().cancelled;

/** The agent does this in a step's place, so many times. */
async function instead(host: string, step: string, act: () => Promise<never>, times = 1): Promise<void> {
  let left = times;
  const lost: WorkerInterceptors = {
    activity: [
      ({ info }) => ({
        inbound: {
          execute: (input, next) => (info.activityType === step && left-- > 0 ? act() : next(input)),
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
    await instead(host, step, dies);
    const { uuid: guest } = SAMPLE_GUEST;
    expect(await (await ferry.migrate({ guest })).result()).toMatchObject({ runsOn: 'host-b' });
    expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
  },
  TEST_MS,
);

test(
  'the agent of host-b in releaseClaim',
  async () => {
    await instead('host-b', 'releaseClaim', dies);
    const [guest, handle] = await ferry.endlessMigration();
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
    expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
  },
  TEST_MS,
);

describe('before the job has begun, the migration begins it again', () => {
  const guest = SAMPLE_GUEST.uuid;
  const refuses = (): Promise<never> =>
    Promise.reject(
      ApplicationFailure.nonRetryable('came too late; nothing was done', ErrorType.StateChanged),
    );

  test.each([
    ['died', dies],
    ['had its task too late', refuses],
  ])(
    'when the agent %s',
    async (_what, act) => {
      await instead('host-a', 'migrateGuest', act);
      const handle = await ferry.migrate({ guest });
      expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
      if (act === dies) await record(handle, 'begun-again');
      expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
      expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'not if there had been a job after all: a copy is on the destination, and a person decides',
    async () => {
      await instead('host-a', 'migrateGuest', async () => {
        await ferry.fleet.startGuest({
          ...{ host: 'host-b', uuid: guest, name: 'a-copy', mdevs: 1, persistent: false },
          ...{ type: SAMPLE_TYPE, parent: SAMPLE_GPU },
        });
        return dies();
      });
      const handle = await ferry.migrate({ guest });
      await until(
        async () => (await handle.query<MigrationProgress>('progress')).attention?.kind === 'split-brain',
      );
      await command(ferry.client, guest, 'resolve', { guestIsOn: 'source' });
      expect(await failureOf(handle)).toMatchObject({ type: ErrorType.MigrationFailed });
      expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
    },
    TEST_MS,
  );

  test(
    'not without end: a host that loses it three times is left alone, and all is undone',
    async () => {
      await instead('host-a', 'migrateGuest', refuses, 3);
      expect(await failureOf(await ferry.migrate({ guest }))).toMatchObject({ type: ErrorType.StateChanged });
      expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
      expect(await ferry.fleet.mdevs('host-b')).toEqual([]);
      expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
    },
    TEST_MS,
  );
});

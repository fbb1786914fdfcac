/**
 * Upgrades while migrations run, in both orders: an orchestrator of the previous version and one of this hand a migration
 * over to each other; agents of the previous protocol work with this orchestrator.
 */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure, CancelledFailure, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Claim, CommandAnswer, MigrationProgress, SourceFacts } from '../../src/contract';
import { SAMPLE_GPU, SAMPLE_GUEST, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import type { EmbeddedTemporal } from '../../src/temporal/embedded';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { failureOf } from '../support/failures';
import { Ferry, startTestServer } from '../support/ferry';
import { until } from '../support/until';

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

type Version = 'current' | 'previous';

async function handOver(to: Version): Promise<void> {
  await ferry.stopOrchestrators();
  await ferry.startOrchestrator(to);
}

/** In pre-copy until its maximum downtime is set. */
async function endlessMigration(): Promise<[string, MigrationHandle]> {
  const guest = randomUUID();
  await ferry.fleet.startGuest({
    ...{ host: 'host-a', uuid: guest, name: `busy-${guest.slice(0, 8)}`, mdevs: 1 },
    ...{ type: SAMPLE_TYPE, parent: SAMPLE_GPU, memoryMiB: 16_384 },
    load: { dirtyBytesPerSec: 64 * 2 ** 30, workingSetBytes: 8 * 2 ** 30 },
  });
  const handle = await ferry.migrate({ guest });
  await ferry.fleet.until((fleet) =>
    fleet.jobs.some((job) => job.guest === guest && job.step === 'pre-copy'),
  );
  return [guest, handle];
}

async function letItConverge(guest: string): Promise<void> {
  const { jobs } = await ferry.fleet.snapshot();
  expect(jobs.some((job) => job.guest === guest && job.step === 'pre-copy')).toBe(true);
  await ferry.hypervisor('host-a').setMaxDowntime(guest, 60_000);
}

async function expectUndone(guest: string): Promise<void> {
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  expect(await ferry.fleet.mdevs('host-b')).toEqual([]);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
}

const ORDERS: [from: Version, to: Version][] = [
  ['previous', 'current'],
  ['current', 'previous'],
];

describe.each(ORDERS)('begun by the %s version, ended by the %s', (from, to) => {
  beforeEach(() => handOver(from));

  test('a migration that succeeds', async () => {
    const [guest, handle] = await endlessMigration();
    await handOver(to);
    await letItConverge(guest);
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
  });

  test('a migration that is aborted', async () => {
    const [guest, handle] = await endlessMigration();
    await handOver(to);
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    await expectUndone(guest);
  });

  test('a migration whose outcome has to be settled', async () => {
    const guest = SAMPLE_GUEST.uuid;
    await ferry.fleet.arm([{ phase: 'perform', kind: 'link-down', healAfterMs: null }]);
    const handle = await ferry.migrate({ guest });
    await ferry.fleet.untilMigrating(guest);
    await handOver(to);
    await failureOf(handle);
    await expectUndone(guest);
  });
});

test('a migration that waits for a person since the previous version can be resolved after the upgrade', async () => {
  await handOver('previous');
  const guest = SAMPLE_GUEST.uuid;
  await ferry.fleet.arm([{ phase: 'finish', kind: 'link-down', healAfterMs: null }]);
  const handle = await ferry.migrate({ guest, policy: { switchover: 'libvirt' } });
  await until(async () => /both copies run/.test(String((await progressOf(handle)).waitingFor)));
  await handOver('current');
  await until(async () => (await progressOf(handle)).attention?.kind === 'split-brain');
  await handle.executeUpdate<CommandAnswer, [object]>('resolve', { args: [{ guestIsOn: 'destination' }] });
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
});

test('what only this version can do keeps the previous one away from the migration, and harms nothing', async () => {
  const [guest, handle] = await endlessMigration();
  await handle.executeUpdate<CommandAnswer, [object]>('setBandwidth', { args: [{ bandwidthMiBps: 9_000 }] });
  await handOver('previous');
  await letItConverge(guest);
  // the previous version cannot read on where a command was carried out: its tasks fail and are tried again
  await until(async () => {
    const { events } = await handle.fetchHistory();
    return events!.some(({ workflowTaskFailedEventAttributes: failed }) => failed != null);
  });
  await handOver('current');
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
});

describe('agents of the previous protocol', () => {
  beforeEach(async () => {
    for (const host of ['host-a', 'host-b']) {
      await ferry.stopAgent(host);
      await ferry.startAgent(host, 0, {
        activity: [
          (context) => ({
            inbound: { execute: (input, next) => asBefore(context.info.activityType, next(input)) },
          }),
        ],
      });
    }
  });

  /** What they lack: the new activities, and the new fields of their answers. */
  async function asBefore(activity: string, answer: Promise<unknown>): Promise<unknown> {
    if (['controlJob', 'watchGuest', 'reconcileHost'].includes(activity))
      throw ApplicationFailure.retryable(`Activity function ${activity} is not registered`, 'NotFoundError');
    const result = await answer;
    if (activity === 'inspectSource') {
      const { profile: _profile, framebufferMiB: _framebuffer, ...facts } = result as SourceFacts;
      return { ...facts, protocol: 1 };
    }
    if (activity !== 'claimOnDestination') return result;
    const { protocol: _protocol, ...claim } = result as Claim;
    return claim;
  }

  test('move a guest', async () => {
    expect(await (await ferry.migrate({ guest: SAMPLE_GUEST.uuid })).result()).toMatchObject({
      runsOn: 'host-b',
    });
  });

  test('can abort; other commands are refused, with the host to upgrade', async () => {
    const [guest, handle] = await endlessMigration();
    const refused = await handle
      .executeUpdate<CommandAnswer, [object]>('setMaxDowntime', { args: [{ maxDowntimeMs: 9 }] })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
    expect((refused as WorkflowUpdateFailedError).cause?.message).toMatch(
      /host-a speaks protocol 1.*upgrade/,
    );
    await handle.executeUpdate<CommandAnswer, []>('abort');
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    await expectUndone(guest);
  });

  test('are looked at again and again where they cannot tell of changes', async () => {
    const guest = SAMPLE_GUEST.uuid;
    await ferry.fleet.arm([{ phase: 'finish', kind: 'link-down', healAfterMs: null }]);
    const handle = await ferry.migrate({ guest, policy: { switchover: 'libvirt' } });
    await until(async () => (await progressOf(handle)).attention?.kind === 'split-brain');
    await ferry.hypervisor('host-b').destroy(guest);
    await failureOf(handle);
    await expectUndone(guest);
  });
});

function progressOf(handle: MigrationHandle): Promise<MigrationProgress> {
  return handle.query<MigrationProgress>('progress');
}

/**
 * Upgrades while migrations run, in both orders: an orchestrator of the previous version and one of this hand a migration
 * over to each other; agents of the previous protocol work with this orchestrator.
 */
import { ApplicationFailure, CancelledFailure, WorkflowUpdateFailedError } from '@temporalio/client';
import {
  type Claim,
  type CommandAnswer,
  type MigrationProgress,
  type SourceFacts,
  SEARCH_ATTRIBUTES,
} from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { createSearchAttributes } from '../../src/temporal/search-attributes';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';
import { until } from '../support/until';

let ferry: Ferry;
/** As the previous version has left the namespace. */
useFerry((made) => (ferry = made), { searchAttributes: [SEARCH_ATTRIBUTES.attention] });

type Version = 'current' | 'previous';

async function handOver(to: Version): Promise<void> {
  await ferry.stopOrchestrators();
  await ferry.startOrchestrator(to);
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
    const [guest, handle] = await ferry.endlessMigration();
    await handOver(to);
    await ferry.letItConverge(guest);
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
  });

  test('a migration that is aborted', async () => {
    const [guest, handle] = await ferry.endlessMigration();
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
    const [guest, handle] = await ferry.endlessMigration();
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

describe('what only this version can do keeps the previous one away from the migration, and harms nothing', () => {
  /** The previous version cannot read on where that was done: its tasks fail and are tried again. */
  async function endsWithThisVersion(guest: string, handle: MigrationHandle): Promise<void> {
    await handOver('previous');
    await ferry.letItConverge(guest);
    await until(async () => {
      const { events } = await handle.fetchHistory();
      return events!.some(({ workflowTaskFailedEventAttributes: failed }) => failed != null);
    });
    await handOver('current');
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
  }

  test('commands', async () => {
    const [guest, handle] = await ferry.endlessMigration();
    await handle.executeUpdate<CommandAnswer, [object]>('setBandwidth', {
      args: [{ bandwidthMiBps: 9_000 }],
    });
    await endsWithThisVersion(guest, handle);
  });

  test('search attributes, once an operator has made them', async () => {
    await createSearchAttributes({ connection: ferry.client.connection, namespace: 'default' });
    const [guest, handle] = await ferry.endlessMigration();
    await endsWithThisVersion(guest, handle);
    const { typedSearchAttributes } = await handle.describe();
    const { name } = SEARCH_ATTRIBUTES.outcome;
    expect(typedSearchAttributes.get({ name, type: 'KEYWORD' })).toBe('completed');
  });
});

function progressOf(handle: MigrationHandle): Promise<MigrationProgress> {
  return handle.query<MigrationProgress>('progress');
}

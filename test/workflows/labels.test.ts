/** What migrations are listed by: their search attributes, whoever started them, and however they end. */
import { randomUUID } from 'node:crypto';
import {
  LIVE_MIGRATE_VGPU,
  ORCHESTRATOR_TASK_QUEUE,
  SEARCH_ATTRIBUTES,
  migrationWorkflowId,
} from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';
import { until } from '../support/until';

type Labels = Record<string, unknown>;

async function labelsOf(handle: Pick<MigrationHandle, 'describe'>): Promise<Labels> {
  const { typedSearchAttributes } = await handle.describe();
  return Object.fromEntries(
    typedSearchAttributes
      .getAll()
      .map(({ key, value }) => [key.name.replace('VgpuFerry', ''), value] as const)
      .filter(([name]) => name !== 'BuildIds'),
  );
}

async function upserts(handle: Pick<MigrationHandle, 'fetchHistory'>): Promise<number> {
  const { events } = await handle.fetchHistory();
  return events!.filter((event) => event.upsertWorkflowSearchAttributesEventAttributes != null).length;
}

const guest = SAMPLE_GUEST.uuid;
const way = { guest, source: 'host-a', destination: 'host-b' };

describe('in a namespace that has them', () => {
  let ferry: Ferry;
  useFerry((made) => (ferry = made));

  const arrived = {
    ...{ Guest: guest, Source: 'host-a', Destination: 'host-b' },
    ...{ Phase: 'ended', Outcome: 'completed', VgpuType: [expect.any(String)] },
  };

  test('a migration that arrives is found by each of them', async () => {
    const handle = await ferry.migrate({ guest });
    await handle.result();
    expect(await labelsOf(handle)).toEqual(arrived);
    expect(await upserts(handle)).toBe(3);
    const { VgpuType } = await labelsOf(handle);
    const query = `${SEARCH_ATTRIBUTES.vgpuTypes.name} = '${(VgpuType as string[])[0]}' AND ${SEARCH_ATTRIBUTES.outcome.name} = 'completed'`;
    await until(async () => {
      for await (const { workflowId } of ferry.client.workflow.list({ query }))
        if (workflowId === handle.workflowId) return true;
      return false;
    });
  });

  test('so is one that somebody else has started, who knows nothing of them', async () => {
    const handle = await ferry.client.workflow.start(LIVE_MIGRATE_VGPU, {
      ...{ taskQueue: ORCHESTRATOR_TASK_QUEUE, workflowId: migrationWorkflowId(guest) },
      args: [way],
    });
    await handle.result();
    expect(await labelsOf(handle)).toEqual(arrived);
  });

  test('its phase follows it; what was set wrongly at its start is put right; an abort is its outcome', async () => {
    const busy = await ferry.busyGuest();
    const handle = await ferry.client.workflow.start(LIVE_MIGRATE_VGPU, {
      ...{ taskQueue: ORCHESTRATOR_TASK_QUEUE, workflowId: migrationWorkflowId(busy) },
      args: [{ ...way, guest: busy }],
      searchAttributes: { VgpuFerryPhase: ['checking'], VgpuFerrySource: ['host-z'] },
    });
    await ferry.fleet.untilMigrating(busy);
    expect(await labelsOf(handle)).toMatchObject({ Guest: busy, Source: 'host-a', Phase: 'moving' });
    await handle.cancel();
    await failureOf(handle);
    expect(await labelsOf(handle)).toMatchObject({ Phase: 'ended', Outcome: 'MigrationAborted' });
  });

  test('one that fails is listed by the type of its error', async () => {
    const unknown = await ferry.migrate({ guest: randomUUID() });
    await failureOf(unknown);
    expect(await labelsOf(unknown)).toMatchObject({ Phase: 'ended', Outcome: 'GuestNotFound' });
    await ferry.stopAgent('host-a');
    const unreachable = await ferry.migrate({ guest });
    await failureOf(unreachable);
    expect(await labelsOf(unreachable)).toMatchObject({ Outcome: 'HostAgentUnreachable' });
  });
});

describe('in a namespace that lacks them', () => {
  let ferry: Ferry;
  useFerry((made) => (ferry = made), { searchAttributes: [SEARCH_ATTRIBUTES.attention] });

  test('a migration runs without, and its history holds nothing of them', async () => {
    const handle = await ferry.migrate({ guest });
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
    expect(await labelsOf(handle)).toEqual({});
    expect(await upserts(handle)).toBe(0);
  });
});

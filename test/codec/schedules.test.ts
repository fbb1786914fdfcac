/** The schedule of sweeps outlives keys: an agent that starts writes its input anew with the key that encrypts now. */
import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { scheduleSweeps } from '../../src/agent/sweep-schedule';
import { reconcileScheduleId } from '../../src/contract';
import { encryptedWith } from '../../src/temporal/codec';
import { ensureReconcileSchedule } from '../../src/temporal/schedules';
import { useTemporalServer } from '../support/temporal-server';
import { newKey, useKeyFiles } from './keys';

const server = useTemporalServer();
const files = useKeyFiles();
const [k1, k2] = [
  { id: 'k1', key: newKey() },
  { id: 'k2', key: newKey() },
];
const host = `host-${randomUUID()}`;

const clientWith = (keys: object): Client =>
  new Client({
    connection: server.env.connection,
    namespace: 'default',
    dataConverter: files.converter(keys),
  });

async function keyOfInput(): Promise<string | null> {
  const { schedule } = await server.env.client.workflowService.describeSchedule({
    namespace: 'default',
    scheduleId: reconcileScheduleId(host),
  });
  return encryptedWith(schedule!.action!.startWorkflow!.input!.payloads![0]!);
}

test('through a roll-out, a rotation and back', async () => {
  for (const [keys, outcome, key] of [
    [{ encrypt: false, keys: [k1] }, 'created', null],
    [{ keys: [k1] }, 'updated', 'k1'],
    [{ keys: [k1] }, 'unchanged', 'k1'],
    [{ active: 'k2', keys: [k1, k2] }, 'updated', 'k2'],
    [{ encrypt: false, keys: [k1, k2] }, 'updated', null],
  ] as const) {
    expect(await ensureReconcileSchedule(clientWith(keys), host, 10)).toBe(outcome);
    expect(await keyOfInput()).toBe(key);
  }
});

test('one whose key is gone: the agent says which, and lives on', async () => {
  await ensureReconcileSchedule(clientWith({ keys: [k1] }), host, 10);
  const warned: string[] = [];
  const log = { info: () => undefined, warn: (fields: object) => void warned.push(JSON.stringify(fields)) };
  const wanted = { host, reconcileEveryMinutes: 10 };
  await scheduleSweeps(clientWith({ keys: [k2] }), wanted, log);
  expect(warned).toEqual([expect.stringContaining('is encrypted with key')]);
});

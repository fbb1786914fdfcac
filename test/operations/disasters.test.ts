/** What docs/operations.md says of each disaster, done on simulated hosts with a real Temporal server. */
import { cpSync, rmSync } from 'node:fs';
import { ApplicationFailure } from '@temporalio/client';
import { type ReconcileReport, type Resolution, ErrorType } from '../../src/contract';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { startSweep } from '../../src/temporal/sweeps';
import { failureOf } from '../support/failures';
import { until } from '../support/until';
import { type Operations, GUEST, useOperations } from './fleet';

const TEST_MS = 180_000;

let operations: Operations;
useOperations((made) => (operations = made));

async function sweep(host: string): Promise<ReconcileReport> {
  return (await startSweep(operations.ferry.client, host)).result();
}

const runningOn = (): Promise<string[]> => operations.ferry.fleet.runningCopies(GUEST);

test(
  'Temporal lost with its database: the move completes, the next sweep notes it, autostart is missing',
  async () => {
    const { ferry } = operations;
    await operations.migrate();
    await operations.loseTemporal();
    await operations.complete();
    await until(async () => (await runningOn()).length > 0); // the source's agent resumes it, and nobody else
    expect(await runningOn()).toEqual(['host-b']);
    expect(await operations.ledger('host-b')).toEqual({ claims: 1, created: 0 });

    await operations.startTemporal('other');
    const { consumed, attention } = await sweep('host-b');
    expect(consumed).toMatchObject([{ guest: GUEST }]);
    expect(attention).toEqual([]);
    expect(await operations.ledger('host-b')).toEqual({ claims: 0, created: 1 });

    const { hosts } = await ferry.fleet.snapshot();
    expect(hosts['host-b']!.domains).toMatchObject([{ uuid: GUEST, autostart: false }]);
    expect(hosts['host-a']!.domains.filter(({ uuid }) => uuid === GUEST)).toEqual([]);
  },
  TEST_MS,
);

test(
  'Temporal restored from a backup, by the steps: no guest is moved, and nothing is left',
  async () => {
    const { ferry } = operations;
    const handle = await operations.migrate();
    await operations.loseTemporal();
    operations.backUpTemporal();
    await operations.startTemporal('first');
    await operations.complete();
    await handle.result();
    const back = await ferry.migrate({ guest: GUEST, source: 'host-b', destination: 'host-a' });
    await operations.complete('host-b');
    await back.result();

    await operations.stopOrchestrator();
    for (const host of ['host-a', 'host-b']) await ferry.stopAgent(host);
    await operations.loseTemporal();
    await operations.startTemporal('backup');
    expect((await handle.describe()).status.name).toBe('RUNNING'); // as the backup knows it
    await handle.terminate('restored from a backup');
    for (const host of ['host-a', 'host-b']) await ferry.startAgent(host);
    await operations.startOrchestrator();
    for (const host of ['host-a', 'host-b']) expect((await sweep(host)).attention).toEqual([]);

    expect(await runningOn()).toEqual(['host-a']);
    expect((await ferry.fleet.snapshot()).jobs.filter(({ step }) => step !== 'ended')).toEqual([]);
    expect(await operations.ledger('host-b')).toEqual({ claims: 0, created: 0 });
  },
  TEST_MS,
);

async function untilNeeded(handle: MigrationHandle): Promise<void> {
  await until(async () => (await handle.query<{ attention: unknown }>('progress')).attention !== null);
}

async function resolve(handle: MigrationHandle, resolution: Resolution): Promise<void> {
  await handle.executeUpdate<unknown, [Resolution]>('resolve', { args: [resolution] });
}

test(
  'the destination lost: the guest runs on; said to be off, the migration ends; back again, a sweep clears it',
  async () => {
    const handle = await operations.migrate();
    await operations.loseHost('host-b');
    await untilNeeded(handle);
    expect(await runningOn()).toEqual(['host-a']);
    await resolve(handle, { fenced: 'host-b' });
    expect(await failureOf(handle)).toMatchObject({ type: ErrorType.MigrationFailed });

    await operations.hostIsBack('host-b');
    expect((await sweep('host-b')).released).toMatchObject([{ guest: GUEST }]);
    expect(await runningOn()).toEqual(['host-a']);
    expect(await operations.mdevs('host-b')).toBe(0);
  },
  TEST_MS,
);

test(
  'the source lost: its guest has ended; said to be off, the migration says so, and its definition is still there',
  async () => {
    const handle = await operations.migrate();
    await operations.loseHost('host-a');
    await untilNeeded(handle);
    await resolve(handle, { fenced: 'host-a' });
    const failure = await failureOf(handle);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: ErrorType.GuestEnded });
    expect(await operations.ledger('host-b')).toEqual({ claims: 0, created: 0 });
    expect(await operations.mdevs('host-b')).toBe(0);

    await operations.hostIsBack('host-a');
    const { hosts } = await operations.ferry.fleet.snapshot();
    const defined = hosts['host-a']!.domains.find(({ uuid }) => uuid === GUEST);
    expect(defined).toMatchObject({ state: 'shut-off', inactive: expect.anything() });
  },
  TEST_MS,
);

async function loseLedger(host: string): Promise<void> {
  await operations.ferry.stopAgent(host);
  rmSync(operations.ferry.stateDir(host), { recursive: true });
  await operations.ferry.startAgent(host);
}

test(
  "the destination's ledger lost while a guest comes: it arrives; the device is no longer known as ours",
  async () => {
    const handle = await operations.migrate();
    await loseLedger('host-b');
    await operations.complete();
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b', warnings: [] });
    expect(await operations.ledger('host-b')).toEqual({ claims: 0, created: 0 });

    const back = await operations.ferry.migrate({ guest: GUEST, source: 'host-b', destination: 'host-a' });
    await operations.complete('host-b');
    expect(await back.result()).toMatchObject({ runsOn: 'host-a', warnings: [] });
    expect(await sweep('host-b')).toMatchObject({ removed: [], attention: [] });
    expect(await operations.mdevs('host-b')).toBe(1); // a person removes it, or the next guest takes it
  },
  TEST_MS,
);

test(
  'an old ledger put back: the next sweep sets it right',
  async () => {
    const handle = await operations.migrate();
    const folder = operations.ferry.stateDir('host-b');
    cpSync(folder, `${folder}.old`, { recursive: true });
    await operations.complete();
    await handle.result();

    await operations.ferry.stopAgent('host-b');
    rmSync(folder, { recursive: true });
    cpSync(`${folder}.old`, folder, { recursive: true });
    await operations.ferry.startAgent('host-b');
    expect(await operations.ledger('host-b')).toEqual({ claims: 1, created: 0 });
    expect((await sweep('host-b')).consumed).toMatchObject([{ guest: GUEST }]);
    expect(await operations.ledger('host-b')).toEqual({ claims: 0, created: 1 });
    expect(await runningOn()).toEqual(['host-b']);
  },
  TEST_MS,
);

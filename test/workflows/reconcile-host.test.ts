/** Migrations that were terminated, and sweeps after them: on a simulated fleet, with a real Temporal server. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type WorkflowHandle, WorkflowFailedError } from '@temporalio/client';
import {
  type ReconcileInput,
  type ReconcileReport,
  ErrorType,
  ORCHESTRATOR_TASK_QUEUE,
  RECONCILE_HOST,
  reconcileScheduleId,
} from '../../src/contract';
import { ExitCode } from '../../src/cli/exit-codes';
import { SAMPLE_GPU, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import { startSweep } from '../../src/temporal/sweeps';
import { type Ferry, useFerry } from '../support/ferry';
import { record } from '../support/histories';

const ROOT = join(__dirname, '..', '..');

/** Longer than a host's agent is waited for. */
const UNREACHABLE_TEST_MS = 60_000;

/** Files and schedules tell nobody that they have changed. */
const LOOK_AGAIN_MS = 20;

/** Dirties memory faster than the link takes it: stays in pre-copy until something is done. */
const NEVER_CONVERGES = { dirtyBytesPerSec: 64 * 2 ** 30, workingSetBytes: 8 * 2 ** 30 };

let ferry: Ferry;
useFerry((made) => (ferry = made));

async function startGuest(
  guest: { mdevs?: number; busy?: boolean; persistent?: boolean } = {},
): Promise<string> {
  const { mdevs = 1, busy = true, persistent = true } = guest;
  const uuid = randomUUID();
  await ferry.fleet.startGuest({
    ...{ host: 'host-a', uuid, name: `guest-${uuid.slice(0, 8)}`, mdevs, persistent },
    ...{ type: SAMPLE_TYPE, parent: SAMPLE_GPU, memoryMiB: 16_384 },
    ...(busy && { load: NEVER_CONVERGES }),
  });
  return uuid;
}

const sweep = async (host = 'host-b'): Promise<ReconcileReport> =>
  (await startSweep(ferry.client, host)).result();
const letItConverge = (guest: string): Promise<void> =>
  ferry.hypervisor('host-a').setMaxDowntime(guest, 60_000);
const mdevsOn = async (host: string): Promise<string[]> =>
  (await ferry.fleet.mdevs(host)).map(({ uuid }) => uuid).sort();
const uuids = (devices: { uuid: string }[]): string[] => devices.map(({ uuid }) => uuid).sort();

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}

async function ledger(host = 'host-b'): Promise<Record<'claims' | 'created' | 'quarantine', string[]>> {
  const files = async (folder: 'claims' | 'created' | 'quarantine'): Promise<string[]> =>
    (await ferry.ledgerFiles(host, folder)).map((name) => name.replace('.json', '')).sort();
  return {
    claims: await files('claims'),
    created: await files('created'),
    quarantine: await files('quarantine'),
  };
}

/** Minutes, counted from 1970: so seldom that none begins within a test. */
const SELDOM = 10_000;

const EMPTY = { claims: [], created: [], quarantine: [] };

async function restartAgents(): Promise<void> {
  for (const host of ['host-a', 'host-b']) await ferry.stopAgent(host);
  for (const host of ['host-a', 'host-b']) await ferry.startAgent(host);
}

describe('a migration that was terminated', () => {
  test('while it claims: the sweep waits for the attempt that still makes the devices, and leaves none', async () => {
    const guest = await startGuest({ mdevs: 2 });
    await ferry.fleet.arm([
      { call: 'createMdev', host: 'host-b', effect: 'done', kind: 'call-delay', ms: 500 },
    ]);
    const handle = await ferry.migrate({ guest });
    await until(async () => (await ledger()).claims.length === 2);
    await handle.terminate();
    const report = await sweep();
    expect(report.released).toHaveLength(2);
    expect(await mdevsOn('host-b')).toEqual([]);
    expect(await ledger()).toEqual(EMPTY);
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  });

  test('in pre-copy, all agents killed: its job is left alone while it runs, and when it has ended nothing is left', async () => {
    const guest = await startGuest();
    const handle = await ferry.migrate({ guest });
    await ferry.fleet.untilMigrating(guest);
    await until(async () => (await ferry.hypervisor('host-b').observe(guest)).state === 'paused');
    await handle.terminate();
    await restartAgents();
    const [claimed] = (await ledger()).claims;

    const during = await sweep();
    expect(during.kept).toEqual([
      expect.objectContaining({ uuid: claimed, why: expect.stringMatching('under way') }),
    ]);
    expect(await mdevsOn('host-b')).toEqual([claimed]);

    await ferry.hypervisor('host-a').abortJob(guest);
    await until(async () => (await ferry.hypervisor('host-b').observe(guest)).state === 'absent');
    expect(uuids((await sweep()).released)).toEqual([claimed]);
    expect(await mdevsOn('host-b')).toEqual([]);
    expect(await ledger()).toEqual(EMPTY);
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  });

  test('in pre-copy: the job goes on, the fence lets the guest run, and the sweep finds it arrived', async () => {
    const guest = await startGuest();
    const handle = await ferry.migrate({ guest });
    await ferry.fleet.untilMigrating(guest);
    await handle.terminate();
    await letItConverge(guest);
    await until(async () => (await ferry.fleet.runningCopies(guest))[0] === 'host-b');
    const devices = await mdevsOn('host-b');
    expect(uuids((await sweep()).consumed)).toEqual(devices);
    expect(await mdevsOn('host-b')).toEqual(devices);
    expect(await ledger()).toEqual({ ...EMPTY, created: devices });
    expect(await ferry.fleet.doubleRuns()).toEqual([]);
  });

  test('after the guest has arrived, before finalize: its devices stay its own, and go when it is gone', async () => {
    const guest = await startGuest();
    const handle = await ferry.migrate({ guest });
    await ferry.fleet.untilMigrating(guest);
    await ferry.stopAgent('host-b');
    await letItConverge(guest);
    await until(
      async () =>
        (await handle.describe()).raw.pendingActivities?.[0]?.activityType?.name === 'finalizeOnDestination',
    );
    await handle.terminate();
    await ferry.stopAgent('host-a');
    for (const host of ['host-a', 'host-b']) await ferry.startAgent(host);

    const devices = await mdevsOn('host-b');
    expect(devices).toHaveLength(1);
    expect(uuids((await sweep()).consumed)).toEqual(devices);
    expect(uuids((await sweep()).kept)).toEqual(devices); // and again: nothing more to do
    expect(await mdevsOn('host-b')).toEqual(devices);
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);

    await ferry.hypervisor('host-b').destroy(guest);
    expect(uuids((await sweep()).kept)).toEqual(devices); // defined, though shut off
    await ferry.hypervisor('host-b').undefine(guest);
    expect(uuids((await sweep()).removed)).toEqual(devices);
    expect(await mdevsOn('host-b')).toEqual([]);
    expect(await ledger()).toEqual(EMPTY);
  });
});

test('a running migration is not disturbed by sweeps of both hosts, two of each at once', async () => {
  const guest = await startGuest();
  const handle = await ferry.migrate({ guest });
  await ferry.fleet.untilMigrating(guest);
  const [claimed] = (await ledger()).claims;
  const another = (host: string): Promise<ReconcileReport> =>
    ferry.client.workflow.execute<(input: ReconcileInput) => Promise<ReconcileReport>>(RECONCILE_HOST, {
      taskQueue: ORCHESTRATOR_TASK_QUEUE,
      workflowId: `${reconcileScheduleId(host)}-test-${randomUUID()}`,
      args: [{ host }],
    });
  const reports = await Promise.all(['host-a', 'host-b'].flatMap((host) => [sweep(host), another(host)]));
  expect(reports.map(({ kept }) => uuids(kept))).toEqual([[], [], [claimed], [claimed]]);
  expect(reports.flatMap(({ attention }) => attention)).toEqual([]);
  await letItConverge(guest);
  expect((await handle.result()).runsOn).toBe('host-b');
  expect(await mdevsOn('host-b')).toEqual([claimed]);
});

test('a device that was left behind on purpose stays through sweeps', async () => {
  const guest = await startGuest({ busy: false });
  await (await ferry.migrate({ guest })).result();
  const back = { guest, source: 'host-b', destination: 'host-a' };
  await (await ferry.migrate({ ...back, policy: { sourceMdevs: 'keep' } })).result();
  const devices = await mdevsOn('host-b');
  expect(uuids((await sweep()).kept)).toEqual(devices);
  expect(await mdevsOn('host-b')).toEqual(devices);
});

test('the agent makes its schedule when it starts, and that sweeps at once', async () => {
  const guest = await startGuest();
  const handle = await ferry.migrate({ guest });
  await ferry.fleet.untilMigrating(guest);
  await ferry.stopAgent('host-b');
  await handle.terminate();
  await ferry.hypervisor('host-a').abortJob(guest);
  await until(async () => (await ferry.hypervisor('host-b').observe(guest)).state === 'absent');
  await ferry.startAgent('host-b', SELDOM);
  await until(async () => (await mdevsOn('host-b')).length === 0);
  await until(async () => (await ledger()).claims.length === 0);
  const schedule = ferry.client.schedule.getHandle(reconcileScheduleId('host-b'));
  expect((await schedule.describe()).info.recentActions).toHaveLength(1);
});

describe('the workflow', () => {
  async function failureOf(handle: WorkflowHandle): Promise<unknown> {
    const error: unknown = await handle.result().catch((caught: unknown) => caught);
    if (!(error instanceof WorkflowFailedError)) throw new Error('the sweep did not fail');
    return error.cause;
  }

  test('costs at most 12 events, and shows its report', async () => {
    const guest = await startGuest();
    const migration = await ferry.migrate({ guest });
    await ferry.fleet.untilMigrating(guest);
    const handle = await startSweep(ferry.client, 'host-b');
    await handle.result();
    await record(handle, 'swept');
    expect((await handle.describe()).historyLength).toBeLessThanOrEqual(12);
    const details = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    expect(details.currentDetails).toMatch(
      new RegExp(`\\| kept \\| .* \\| ${SAMPLE_TYPE} \\| ${guest} \\| its migration is running`),
    );
    await migration.cancel();
    await migration.result().catch(() => undefined);
  });

  test(
    'of a host whose agent is down ends, and says so',
    async () => {
      await ferry.stopAgent('host-b');
      const handle = await startSweep(ferry.client, 'host-b');
      expect(await failureOf(handle)).toMatchObject({
        type: ErrorType.AgentUnreachable,
        message: expect.stringMatching('host-b'),
      });
      await record(handle, 'sweep-unreachable');
    },
    UNREACHABLE_TEST_MS,
  );

  test.each([[{ host: 'Host B' }], [{}], [undefined]])('refuses %j', async (input) => {
    const handle = await ferry.client.workflow.start(RECONCILE_HOST, {
      taskQueue: ORCHESTRATOR_TASK_QUEUE,
      workflowId: `reconcile-host:test-${randomUUID()}`,
      args: [input],
    });
    expect(await failureOf(handle)).toMatchObject({
      type: ErrorType.InvalidInput,
      message: expect.stringMatching('required a host id'),
    });
    if (input && 'host' in input) await record(handle, 'sweep-refused');
  });
});

describe('vgpu-ferry reconcile', () => {
  function run(...args: string[]): Promise<{ status: unknown; stdout: string; stderr: string }> {
    const program = ['-r', join(ROOT, 'test/support/register-ts.js'), join(ROOT, 'src/cli/main.ts')];
    const env = { ...process.env, TEMPORAL_ADDRESS: ferry.address };
    return new Promise((resolve) =>
      execFile(process.execPath, [...program, 'reconcile', ...args], { env }, (error, stdout, stderr) =>
        resolve({ status: error?.code ?? 0, stdout, stderr }),
      ),
    );
  }

  test('prints what was done', async () => {
    const guest = await startGuest();
    const migration = await ferry.migrate({ guest });
    await ferry.fleet.untilMigrating(guest);
    const { status, stdout } = await run('host-b');
    expect({ status, stdout }).toEqual({
      status: ExitCode.Done,
      stdout: expect.stringMatching(
        new RegExp(`Swept host-b.*Left alone.*its migration is running.*guest ${guest}`, 's'),
      ),
    });
    await migration.cancel();
    await migration.result().catch(() => undefined);
  });

  test('prints JSON alone, and its exit status calls a person', async () => {
    const guest = await startGuest();
    const migration = await ferry.migrate({ guest, policy: { switchover: 'libvirt' } });
    await ferry.fleet.untilMigrating(guest);
    await migration.terminate();
    await letItConverge(guest);
    await until(async () => (await ferry.fleet.runningCopies(guest))[0] === 'host-b');
    await ferry.fleet.pauseGuest(guest);
    const { status, stdout, stderr } = await run('host-b', '--json');
    expect({ status, stderr }).toEqual({ status: ExitCode.NeedsPerson, stderr: '' });
    expect((JSON.parse(stdout) as ReconcileReport).attention).toEqual([expect.stringMatching('only copy')]);
  });
});

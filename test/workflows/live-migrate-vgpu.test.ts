/** Whole migrations on a simulated fleet: the real workflow, agents and ledger on a real Temporal server. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure, CancelledFailure } from '@temporalio/client';
import {
  type MigrationInput,
  type MigrationResult,
  ErrorType,
  LIVE_MIGRATE_VGPU,
  ORCHESTRATOR_TASK_QUEUE,
  migrationWorkflowId,
} from '../../src/contract';
import { SAMPLE_GPU, SAMPLE_GUEST, SAMPLE_TYPE, SAMPLE_VNC_PASSWORD } from '../../src/hypervisor/simulated';
import type { WorkerInterceptors } from '@temporalio/worker';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';
import { holdAutostart } from '../support/held-call';
import { record } from '../support/histories';
import { until } from '../support/until';

let ferry: Ferry;
useFerry((made) => (ferry = made));

/** The guest runs on its source alone, and the destination is as it was. */
async function expectUndone(guest: string, mdevsBefore: string[] = []): Promise<void> {
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  expect((await ferry.fleet.mdevs('host-b')).map(({ uuid }) => uuid).sort()).toEqual(mdevsBefore.sort());
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
  expect(await ferry.fleet.doubleRuns()).toEqual([]);
}

describe('a guest with two vGPUs', () => {
  const guest = SAMPLE_GUEST.uuid;

  test('moves to the destination, on devices that were made for it', async () => {
    const before = (await ferry.fleet.mdevs('host-a')).map(({ uuid }) => uuid);
    const result = await (await ferry.migrate({ guest })).result();
    expect(result).toMatchObject({
      guest,
      guestName: SAMPLE_GUEST.name,
      runsOn: 'host-b',
      abortWasTooLate: false,
      warnings: [],
      switchover: 'fenced',
    });
    expect(result.stages.map(({ stage }) => stage)).toEqual([
      'inspect',
      'claim',
      'migrate',
      'finalize',
      'cleanup',
    ]);
    expect(result.mdevs.map(({ source }) => source).sort()).toEqual(before.sort());

    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
    const onTarget = (await ferry.fleet.mdevs('host-b')).map(({ uuid }) => uuid).sort();
    expect(onTarget).toEqual(result.mdevs.map(({ target }) => target).sort());
    expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
    expect((await ferry.ledgerFiles('host-b', 'created')).sort()).toEqual(
      onTarget.map((uuid) => `${uuid}.json`),
    );
    expect(await ferry.hypervisor('host-b').domain(guest)).toMatchObject({
      persistent: true,
      autostart: true,
      running: true,
    });
    expect(await ferry.hypervisor('host-a').domain(guest)).toBeUndefined();
    expect(await ferry.fleet.doubleRuns()).toEqual([]);
  });

  test('moves back, onto the free devices there; those that we had made go', async () => {
    const there = await (await ferry.migrate({ guest })).result();
    const back = await (await ferry.migrate({ guest, source: 'host-b', destination: 'host-a' })).result();
    expect(back.mdevs.map(({ target }) => target).sort()).toEqual(
      there.mdevs.map(({ source }) => source).sort(),
    );
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
    expect(await ferry.fleet.mdevs('host-b')).toEqual([]);
    expect(await ferry.ledgerFiles('host-b', 'created')).toEqual([]);
    expect(await ferry.hypervisor('host-a').domainXml(guest, 'migratable')).toContain(SAMPLE_VNC_PASSWORD);
  });

  test('leaves devices behind that we had made if it is told to', async () => {
    await (await ferry.migrate({ guest })).result();
    await (
      await ferry.migrate({ guest, source: 'host-b', destination: 'host-a', policy: { sourceMdevs: 'keep' } })
    ).result();
    expect(await ferry.fleet.mdevs('host-b')).toHaveLength(2);
  });

  test('costs at most 42 events and 12 KiB of history, with no XML and no secret in it', async () => {
    const handle = await ferry.migrate({ guest });
    await handle.result();
    await record(handle, 'done');
    const { historyLength, historySize } = await handle.describe();
    expect(historyLength).toBeLessThanOrEqual(42);
    expect(historySize).toBeLessThanOrEqual(12 * 1024);
    const text = decodedHistory(await handle.fetchHistory());
    expect(text).toContain(guest); // the search below would find something
    expect(text).not.toContain(SAMPLE_VNC_PASSWORD);
    expect(text).not.toMatch(/<domain|<graphics/);
  });

  test('stays paused if its user had paused it', async () => {
    await ferry.fleet.pauseGuest(guest);
    await (await ferry.migrate({ guest })).result();
    expect(await ferry.hypervisor('host-b').observe(guest)).toMatchObject({
      state: 'paused',
      reason: 'user',
    });
    expect(await ferry.fleet.runningCopies(guest)).toEqual([]);
  });

  test("moves with libvirt's own switchover", async () => {
    const result = await (await ferry.migrate({ guest, policy: { switchover: 'libvirt' } })).result();
    expect(result.switchover).toBe('libvirt');
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
  });
});

test('a guest without mediated devices moves too, and claims nothing', async () => {
  const guest = randomUUID();
  await ferry.fleet.startGuest({
    host: 'host-a',
    uuid: guest,
    name: 'plain',
    mdevs: 0,
    type: SAMPLE_TYPE,
    parent: SAMPLE_GPU,
  });
  const result = await (await ferry.migrate({ guest })).result();
  expect(result.mdevs).toEqual([]);
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
});

describe('refused before anything is touched', () => {
  test('an unknown guest', async () => {
    const failure = (await failureOf(await ferry.migrate({ guest: randomUUID() }))) as ApplicationFailure;
    expect(failure).toMatchObject({
      type: ErrorType.GuestNotFound,
      message: expect.stringContaining('host-a'),
    });
  });

  test('a guest that is off', async () => {
    await ferry.fleet.shutDownGuest(SAMPLE_GUEST.uuid);
    const failure = (await failureOf(
      await ferry.migrate({ guest: SAMPLE_GUEST.uuid }),
    )) as ApplicationFailure;
    expect(failure).toMatchObject({
      type: ErrorType.PreCheck,
      details: [[expect.objectContaining({ host: 'host-a', found: expect.stringContaining('shut') })]],
    });
  });

  test('a host whose agent does not run, by name and in time', async () => {
    await ferry.stopAgent('host-b');
    const failure = (await failureOf(
      await ferry.migrate({ guest: SAMPLE_GUEST.uuid }),
    )) as ApplicationFailure;
    expect(failure).toMatchObject({
      type: ErrorType.AgentUnreachable,
      message: expect.stringContaining('host-b'),
    });
    expect(await ferry.fleet.runningCopies(SAMPLE_GUEST.uuid)).toEqual(['host-a']);
  });

  test('the source as its own destination', async () => {
    const failure = (await failureOf(
      await ferry.migrate({ guest: SAMPLE_GUEST.uuid, destination: 'host-a' }),
    )) as ApplicationFailure;
    expect(failure.type).toBe(ErrorType.PreCheck);
  });

  test('a full destination: with what is there and what is needed', async () => {
    await ferry.fleet.startGuest({
      host: 'host-b',
      uuid: randomUUID(),
      name: 'filler',
      mdevs: 3,
      type: SAMPLE_TYPE,
      parent: SAMPLE_GPU,
    });
    const before = (await ferry.fleet.mdevs('host-b')).map(({ uuid }) => uuid);
    const failure = (await failureOf(
      await ferry.migrate({ guest: SAMPLE_GUEST.uuid }),
    )) as ApplicationFailure;
    expect(failure).toMatchObject({
      type: ErrorType.PreCheck,
      details: [
        [
          expect.objectContaining({
            host: 'host-b',
            found: expect.stringContaining('1 more can be created'),
          }),
        ],
      ],
    });
    await expectUndone(SAMPLE_GUEST.uuid, before);
  });

  test('everything that is wrong, on both hosts, at once', async () => {
    const old = { libvirt: 8_005_000, qemu: 8_000_000, kernel: '5.17.0' };
    for (const host of ['host-a', 'host-b']) await ferry.fleet.setVersions(host, old);
    const handle = await ferry.migrate({ guest: SAMPLE_GUEST.uuid });
    const failure = (await failureOf(handle)) as ApplicationFailure;
    await record(handle, 'refused');
    const failed = (failure.details![0] as { host: string; found: string }[])
      .map(({ host, found }) => `${host} ${found}`)
      .join('\n');
    for (const host of ['host-a', 'host-b'])
      for (const version of ['8.5.0', '8.0.0', '5.17.0'])
        expect(failed).toMatch(new RegExp(`${host} .*${version.replaceAll('.', '\\.')}`));
    await expectUndone(SAMPLE_GUEST.uuid);
  });

  test.each<[string, unknown, RegExp]>([
    [
      'a malformed UUID',
      { guest: 'not-a-uuid', source: 'host-a', destination: 'host-b' },
      /guest: found "not-a-uuid"/,
    ],
    [
      'an unknown field',
      { guest: SAMPLE_GUEST.uuid, source: 'host-a', destination: 'host-b', force: true },
      /"force": unknown field/,
    ],
    [
      'a host name with shell characters',
      { guest: SAMPLE_GUEST.uuid, source: '$(reboot)', destination: 'host-b' },
      /source: found "\$\(reboot\)"/,
    ],
  ])('%s in the input of any client', async (_what, input, problem) => {
    const handle = (await ferry.client.workflow.start(LIVE_MIGRATE_VGPU, {
      taskQueue: ORCHESTRATOR_TASK_QUEUE,
      workflowId: migrationWorkflowId(SAMPLE_GUEST.uuid),
      args: [input],
    })) as MigrationHandle;
    const failure = (await failureOf(handle)) as ApplicationFailure;
    expect(failure).toMatchObject({ type: ErrorType.InvalidInput, message: expect.stringMatching(problem) });
  });

  test('another workflow id: it is what keeps one guest from being moved twice at a time', async () => {
    const input: MigrationInput = { guest: SAMPLE_GUEST.uuid, source: 'host-a', destination: 'host-b' };
    const handle = (await ferry.client.workflow.start(LIVE_MIGRATE_VGPU, {
      taskQueue: ORCHESTRATOR_TASK_QUEUE,
      workflowId: 'mine',
      args: [input],
    })) as MigrationHandle;
    expect(await failureOf(handle)).toMatchObject({
      type: ErrorType.InvalidInput,
      message: expect.stringContaining(migrationWorkflowId(SAMPLE_GUEST.uuid)),
    });
  });

  test('a guest that is being moved already', async () => {
    const guest = await ferry.busyGuest();
    const handle = await ferry.migrate({ guest });
    await expect(ferry.migrate({ guest })).rejects.toThrow(/being migrated already/);
    await handle.cancel();
    await failureOf(handle);
  });
});

describe('undone', () => {
  test('after an abort in pre-copy', async () => {
    const guest = await ferry.busyGuest();
    const handle = await ferry.migrate({ guest });
    await ferry.fleet.untilMigrating(guest);
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    await record(handle, 'aborted');
    await expectUndone(guest);
  });

  test('when the guest cannot be moved: an existing device that was claimed is made fit for use again', async () => {
    const guest = await ferry.busyGuest();
    const free = randomUUID();
    await ferry
      .hypervisor('host-b')
      .createMdev({ uuid: free, type: SAMPLE_TYPE, parent: SAMPLE_GPU, persistent: false });
    const handle = await ferry.migrate({ guest });
    await ferry.fleet.untilMigrating(guest);
    await handle.cancel();
    await failureOf(handle);
    await expectUndone(guest, [free]);
    // a device that a failed incoming migration has left stuck would fail this one
    const quiet = randomUUID();
    await ferry.fleet.startGuest({
      host: 'host-a',
      uuid: quiet,
      name: 'quiet',
      mdevs: 1,
      type: SAMPLE_TYPE,
      parent: SAMPLE_GPU,
    });
    const result = await (await ferry.migrate({ guest: quiet })).result();
    expect(result.mdevs[0]!.target).toBe(free);
  });

  test('when its user shuts the guest down meanwhile: the failure says so', async () => {
    const guest = await ferry.busyGuest();
    const handle = await ferry.migrate({ guest });
    await ferry.fleet.untilMigrating(guest);
    await ferry.fleet.shutDownGuest(guest);
    expect(await failureOf(handle)).toMatchObject({ type: ErrorType.GuestEnded });
    await record(handle, 'guest-ended');
    expect(await ferry.fleet.runningCopies(guest)).toEqual([]);
    expect(await ferry.fleet.mdevs('host-b')).toEqual([]);
    expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
  });

  test('when the claimed device is taken away: in libvirt’s words', async () => {
    const guest = SAMPLE_GUEST.uuid;
    await ferry.fleet.arm([
      {
        call: 'migrate',
        host: 'host-a',
        effect: 'none',
        kind: 'call-error',
        code: 99,
        domain: 0,
        text: 'device not found: mediated device not found',
      },
    ]);
    const handle = await ferry.migrate({ guest });
    expect(await failureOf(handle)).toMatchObject({
      type: ErrorType.MigrationFailed,
      message: expect.stringContaining('device not found'),
    });
    await record(handle, 'failed');
    await expectUndone(guest);
  });

  test('when libvirt still holds a device for a guest that is gone: it is set aside, and the next time another is taken', async () => {
    const guest = SAMPLE_GUEST.uuid;
    const held = randomUUID();
    const { type, parent } = { type: SAMPLE_TYPE, parent: SAMPLE_GPU };
    await ferry.hypervisor('host-b').createMdev({ uuid: held, type, parent, persistent: true });
    await ferry.fleet.holdMdev('host-b', held, 'a guest that is gone');
    expect(await failureOf(await ferry.migrate({ guest }))).toMatchObject({
      type: ErrorType.MigrationFailed,
      message: expect.stringContaining(`mediated device ${held} is in use`),
    });
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
    expect(await ferry.ledgerFiles('host-b', 'quarantine')).toEqual([expect.stringContaining(held)]);
    expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);

    const { runsOn, mdevs } = await (await ferry.migrate({ guest })).result();
    expect(runsOn).toBe('host-b');
    expect(mdevs.map(({ target }) => target)).not.toContain(held);
  });

  test.each(['kill-libvirtd', 'kill-qemu'] as const)(
    'when the target is hit by %s in pre-copy',
    async (kind) => {
      const guest = await ferry.busyGuest();
      await ferry.fleet.arm([
        kind === 'kill-qemu'
          ? { phase: 'perform', kind, on: 'target' }
          : { phase: 'perform', kind, on: 'target', restartAfterMs: 500 },
      ]);
      await failureOf(await ferry.migrate({ guest }));
      await expectUndone(guest);
    },
  );
});

describe('a link that dies just before the target answers Finish', () => {
  const guest = SAMPLE_GUEST.uuid;

  test('fenced: no second copy ever runs', async () => {
    await ferry.fleet.arm([{ phase: 'finish', kind: 'link-down', healAfterMs: null }]);
    await failureOf(await ferry.migrate({ guest }));
    await expectUndone(guest);
  });

  test("libvirt's own switchover: both run; it is seen, said, and nothing is touched", async () => {
    await ferry.fleet.arm([{ phase: 'finish', kind: 'link-down', healAfterMs: null }]);
    const handle = await ferry.migrate({ guest, policy: { switchover: 'libvirt' } });
    await until(async () => /both copies run/.test(await waitingFor(handle)));
    expect(await ferry.fleet.runningCopies(guest)).toHaveLength(2);
    expect(await ferry.ledgerFiles('host-b', 'claims')).toHaveLength(2);
    await handle.terminate('the test is over');
  });
});

describe('forward only', () => {
  test('an abort that comes after the switchover is too late, and the result says so', async () => {
    const guest = SAMPLE_GUEST.uuid;
    const { open } = holdAutostart(ferry);
    const handle = await ferry.migrate({ guest });
    await until(async () => (await handle.query<{ stage: string }>('progress')).stage === 'finalize');
    await handle.cancel();
    open();
    expect(await handle.result()).toMatchObject({
      runsOn: 'host-b',
      abortWasTooLate: true,
    } satisfies Partial<MigrationResult>);
    await record(handle, 'abort-too-late');
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
  });

  test.each([
    { phase: 'finish', kind: 'kill-libvirtd', on: 'source', restartAfterMs: 500 },
    { phase: 'confirm', kind: 'kill-libvirtd', on: 'source', restartAfterMs: 500 },
    { phase: 'confirm', kind: 'kill-libvirtd', on: 'source', restartAfterMs: 500, otherRace: true },
  ] as const)('the guest arrives in spite of %j', async (fault) => {
    const guest = SAMPLE_GUEST.uuid;
    await ferry.fleet.arm([fault]);
    const handle = await ferry.migrate({ guest });
    const result = await handle.result();
    await record(handle, 'settled-forward');
    expect(result.runsOn).toBe('host-b');
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
    expect(await ferry.fleet.doubleRuns()).toEqual([]);
    expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
  });
});

const withoutDetails: WorkerInterceptors = {
  activity: [
    () => ({
      inbound: {
        execute: (input, next) =>
          next(input).catch((error: unknown) => {
            if (!(error instanceof ApplicationFailure)) throw error;
            throw ApplicationFailure.nonRetryable(error.message, error.type);
          }),
      },
    }),
  ],
};

test("what the table can't know it leaves to a person, and goes on by itself once that person has acted", async () => {
  const guest = SAMPLE_GUEST.uuid;
  // its daemon has found the source's copy gone; whether that had gone on before, this agent does not tell
  await ferry.stopAgent('host-a');
  await ferry.startAgent('host-a', 0, withoutDetails);
  const fault = { phase: 'confirm', kind: 'kill-libvirtd', on: 'source', restartAfterMs: 500 } as const;
  await ferry.fleet.arm([{ ...fault, otherRace: true }]);
  const handle = await ferry.migrate({ guest });
  await until(async () => /held on the destination/.test(await waitingFor(handle)));
  expect(await ferry.fleet.runningCopies(guest)).toEqual([]);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toHaveLength(2);
  await ferry.hypervisor('host-b').resume(guest);
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
});

test('a copy that has grown stale is destroyed, not resumed: the guest went on, and ended, on its source', async () => {
  const guest = SAMPLE_GUEST.uuid;
  await ferry.fleet.arm([{ phase: 'finish', kind: 'link-down', healAfterMs: null }]);
  const handle = await ferry.migrate({ guest });
  await ferry.fleet.untilMigrating(guest);
  await ferry.stopAgent('host-b'); // the claim is made by then
  await until(async () => /destination does not answer/.test(await waitingFor(handle)));
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  await ferry.fleet.shutDownGuest(guest);
  await ferry.startAgent('host-b');
  expect(await failureOf(handle)).toMatchObject({ type: ErrorType.GuestEnded });
  expect(await ferry.fleet.runningCopies(guest)).toEqual([]);
  expect(await ferry.hypervisor('host-b').observe(guest)).toEqual({ state: 'absent' });
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
});

test('an abort asked for while nobody answers on the destination ends the migration all the same', async () => {
  await ferry.stopAgent('host-b');
  const handle = await ferry.migrate({ guest: SAMPLE_GUEST.uuid });
  await until(async () => (await handle.query<{ stage: string }>('progress')).stage === 'claim');
  await handle.cancel();
  await failureOf(handle);
  expect(await ferry.fleet.runningCopies(SAMPLE_GUEST.uuid)).toEqual(['host-a']);
});

test('an agent that restarts in pre-copy adopts the job', async () => {
  const guest = await ferry.busyGuest();
  const handle = await ferry.migrate({ guest });
  await ferry.fleet.untilMigrating(guest);
  await ferry.stopAgent('host-a');
  await ferry.startAgent('host-a');
  await handle.executeUpdate('setMaxDowntime', { args: [{ maxDowntimeMs: 60_000 }] }); // now it converges
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
  await record(handle, 'adopted');
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
});

async function waitingFor(handle: MigrationHandle): Promise<string> {
  return String((await handle.query<{ waitingFor: string | null }>('progress')).waitingFor);
}

/** All payloads of a history as text: they are base64 in JSON. */
function decodedHistory(history: object): string {
  const parts: string[] = [];
  JSON.stringify(history, (key, value: unknown) => {
    if (key === 'data' && value instanceof Object)
      parts.push(Buffer.from(Object.values(value as Record<string, number>)).toString('utf8'));
    return value;
  });
  return `${parts.join('\n')}\n${JSON.stringify(history)}`;
}

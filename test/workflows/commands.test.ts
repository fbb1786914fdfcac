/** Commands to a migration that runs, as any Temporal client gives them, on the simulated fleet. */
import { ApplicationFailure, CancelledFailure, WorkflowUpdateFailedError } from '@temporalio/client';
import {
  type Command,
  type CommandAnswer,
  type MigrationProgress,
  ATTENTION_ATTRIBUTE,
  ErrorType,
  JOB_PROGRESS_SIGNAL,
} from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { abortMigration, command, commandInTurn } from '../../src/temporal/commands';
import type { EmbeddedTemporal } from '../../src/temporal/embedded';
import { freePorts } from '../../src/temporal/free-ports';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { failureOf } from '../support/failures';
import { Ferry, startTestServer } from '../support/ferry';
import { holdAutostart } from '../support/held-call';
import { record } from '../support/histories';
import { until } from '../support/until';

let temporal: EmbeddedTemporal;
let ferry: Ferry;

let metricsAddress: string;

beforeAll(async () => {
  const [port] = await freePorts('127.0.0.1');
  metricsAddress = `127.0.0.1:${port}`;
  temporal = await startTestServer({ metricsAddress });
}, 300_000);
afterAll(() => temporal.stop());
beforeEach(async () => {
  ferry = await Ferry.start(temporal);
});
afterEach(() => ferry.close());

function progressOf(handle: MigrationHandle): Promise<MigrationProgress> {
  return handle.query<MigrationProgress>('progress');
}

function ask(handle: MigrationHandle, name: Command, argument?: object): Promise<CommandAnswer> {
  return argument === undefined
    ? handle.executeUpdate<CommandAnswer, []>(name)
    : handle.executeUpdate<CommandAnswer, [object]>(name, { args: [argument] });
}

async function refusal(answer: Promise<CommandAnswer>): Promise<string> {
  const error: unknown = await answer.then(
    () => new Error('it was taken'),
    (caught: unknown) => caught,
  );
  if (!(error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure)) throw error;
  expect(error.cause.type).toBe(ErrorType.CommandRefused);
  return error.cause.message;
}

/** What a command leaves; progress and missed tasks come by themselves. */
async function ordersIn(handle: MigrationHandle): Promise<number[]> {
  const { events } = await handle.fetchHistory();
  const orders = events!.filter(
    (event) =>
      event.workflowExecutionUpdateAcceptedEventAttributes ?? event.activityTaskScheduledEventAttributes,
  );
  return orders.map(({ eventId }) => Number(eventId));
}

async function expectUndone(guest: string): Promise<void> {
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  expect(await ferry.fleet.mdevs('host-b')).toEqual([]);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
}

describe('abort', () => {
  test('ends the job at once, beside its supervision, and undoes everything', async () => {
    const [guest, handle] = await ferry.endlessMigration();
    expect(await abortMigration(ferry.client, guest)).toMatchObject({ applied: true });
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    await record(handle, 'aborted-by-update');
    await expectUndone(guest);
  });

  test('reaches the job while its supervision is deaf: a control activity carries it', async () => {
    const [guest, handle] = await ferry.endlessMigration();
    await ferry.fleet.arm([{ call: 'observe', host: 'host-a', effect: 'none', kind: 'call-delay', ms: 1 }]);
    await ask(handle, 'abort');
    await ferry.fleet.until((fleet) => fleet.jobs.every(({ step }) => step === 'ended'));
    await failureOf(handle);
    const { events } = await handle.fetchHistory();
    const scheduled = events!.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name);
    expect(scheduled).toContain('controlJob');
    await expectUndone(guest);
  });

  test('is refused past the switchover, with the reason', async () => {
    const guest = SAMPLE_GUEST.uuid;
    const { open } = holdAutostart(ferry);
    try {
      const handle = await ferry.migrate({ guest });
      await until(async () => (await progressOf(handle)).stage === 'finalize');
      expect(await refusal(ask(handle, 'abort'))).toMatch(/past the switchover.*host-b/);
      open();
      expect(await handle.result()).toMatchObject({ runsOn: 'host-b', abortWasTooLate: false });
    } finally {
      open();
    }
  });

  test('of a migration that has ended is no abort', async () => {
    await (await ferry.migrate({ guest: SAMPLE_GUEST.uuid })).result();
    await expect(abortMigration(ferry.client, SAMPLE_GUEST.uuid)).rejects.toThrow(/has ended: completed/);
  });
});

describe('a job that does not converge', () => {
  test('completes when the maximum downtime is set', async () => {
    const [guest, handle] = await ferry.endlessMigration();
    const answer = await command(ferry.client, guest, 'setMaxDowntime', { maxDowntimeMs: 60_000 });
    expect(answer).toMatchObject({ applied: true, note: expect.stringContaining('60000 ms') });
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
    await record(handle, 'downtime-set');
  });

  test('takes several commands in turn, and answers once; what was taken before a refusal is told', async () => {
    const [guest, handle] = await ferry.endlessMigration();
    const wanted = (maxDowntimeMs: number): [Command, object][] => [
      ['setBandwidth', { bandwidthMiBps: 900 }],
      ['setMaxDowntime', { maxDowntimeMs }],
    ];
    await expect(commandInTurn(ferry.client, guest, wanted(-1))).rejects.toThrow(
      /setMaxDowntime refused[^]*Taken before: [^]*900 MiB\/s/,
    );
    const { applied, note } = await commandInTurn(ferry.client, guest, wanted(60_000));
    expect(applied).toBe(true);
    expect(note).toMatch(/900 MiB\/s[^]*60000 ms/);
    await handle.result();
  });

  test('completes when completion is forced: by a longer stop, with the guest never suspended for it', async () => {
    const [guest, handle] = await ferry.endlessMigration({ policy: { forceCompleteDowntimeMs: 45_000 } });
    expect(await command(ferry.client, guest, 'forceComplete')).toMatchObject({ applied: true });
    expect((await progressOf(handle)).overrides).toEqual({ maxDowntimeMs: 45_000 });
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
    expect(await ferry.fleet.doubleRuns()).toEqual([]);
  });

  test('is not forced by a shorter stop than its steps lead to', async () => {
    const [guest, handle] = await ferry.endlessMigration({
      policy: { maxDowntimeMs: 60_000, downtimeStepSecondsPerGiB: 600 },
    });
    await command(ferry.client, guest, 'forceComplete');
    expect((await progressOf(handle)).overrides).toEqual({ maxDowntimeMs: 60_000 });
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
  });

  test('takes another bandwidth', async () => {
    const [guest, handle] = await ferry.endlessMigration();
    await command(ferry.client, guest, 'setBandwidth', { bandwidthMiBps: 17 });
    const { jobs } = await ferry.fleet.snapshot();
    expect(jobs.find((job) => job.guest === guest)!.bandwidthBytesPerSec).toBe(17 * 2 ** 20);
    await ask(handle, 'abort');
    await failureOf(handle);
  });

  test('is ended by the policy when its time is over, and says what to do', async () => {
    const [guest, handle] = await ferry.endlessMigration({
      policy: {
        completionTimeoutSecondsPerGiB: 0,
        progressTimeoutSeconds: 1,
        downtimeStepSecondsPerGiB: 0,
      },
    });
    expect(await failureOf(handle)).toMatchObject({
      type: ErrorType.TimedOut,
      message: expect.stringMatching(/maxDowntimeMs/),
    });
    await record(handle, 'timed-out');
    await expectUndone(guest);
  });
});

test('what was set stays when the source’s agent is restarted', async () => {
  const [guest, handle] = await ferry.endlessMigration();
  await ferry.stopAgent('host-a');
  const asked = ask(handle, 'setMaxDowntime', { maxDowntimeMs: 60_000 });
  expect(await asked).toMatchObject({
    applied: false,
    note: expect.stringContaining('when its agent is back'),
  });
  await ferry.startAgent('host-a');
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
});

test.each<[Command, object | undefined, RegExp]>([
  ['setMaxDowntime', { maxDowntimeMs: 0 }, /maxDowntimeMs: found 0/],
  ['setMaxDowntime', undefined, /required an object/],
  ['setBandwidth', { bandwidthMiBps: -1 }, /bandwidthMiBps: found -1/],
  ['setBandwidth', { mibps: 1 }, /"mibps": unknown field/],
  ['forceComplete', { maxDowntimeMs: '9' }, /maxDowntimeMs: found "9"/],
  ['resolve', { guestIsOn: 'moon' }, /guestIsOn: found "moon"/],
  ['resolve', { guestIsOn: 'source' }, /nothing waits for a decision/],
  ['resolve', { fenced: 'host-b' }, /nothing waits for a decision/],
])(
  '%s %j is refused, leaves no trace in the history, and the migration goes on',
  async (name, argument, reason) => {
    const [, handle] = await ferry.endlessMigration();
    const before = await ordersIn(handle);
    expect(await refusal(ask(handle, name, argument))).toMatch(reason);
    expect(await ordersIn(handle)).toEqual(before);
    await ask(handle, 'abort');
    await failureOf(handle);
  },
);

test('a signal with no figures does not jam the migration', async () => {
  const [, handle] = await ferry.endlessMigration();
  await ask(handle, 'setMaxDowntime', { maxDowntimeMs: 250 });
  await handle.signal<[null]>(JOB_PROGRESS_SIGNAL, null);
  await ask(handle, 'abort');
  expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
});

test('progress says the stage, the job, the limits and what is allowed', async () => {
  const [, handle] = await ferry.endlessMigration({ policy: { initialDowntimeMs: 200, maxDowntimeMs: 400 } });
  await ask(handle, 'setMaxDowntime', { maxDowntimeMs: 250 });
  expect(await progressOf(handle)).toMatchObject({
    stage: 'migrate',
    waitingFor: null,
    allowed: ['abort', 'forceComplete', 'setMaxDowntime', 'setBandwidth'],
    policy: { initialDowntimeMs: 200, maxDowntimeMs: 400, switchover: 'fenced' },
    overrides: { maxDowntimeMs: 250 },
    job: { phase: 'pre-copy', maxDowntimeMs: 250, bytesTotal: 16 * 2 ** 30 },
    attention: null,
  });
  await ask(handle, 'abort');
  await failureOf(handle);
});

describe('two copies run', () => {
  const guest = SAMPLE_GUEST.uuid;

  async function splitBrain(): Promise<MigrationHandle> {
    await ferry.fleet.arm([{ phase: 'finish', kind: 'link-down', healAfterMs: null }]);
    const handle = await ferry.migrate({ guest, policy: { switchover: 'libvirt' } });
    await until(async () => (await progressOf(handle)).attention?.kind === 'split-brain');
    return handle;
  }

  async function listed(): Promise<string[]> {
    const found: string[] = [];
    const query = `${ATTENTION_ATTRIBUTE} = 'split-brain' AND ExecutionStatus = 'Running'`;
    for await (const { workflowId } of ferry.client.workflow.list({ query })) found.push(workflowId);
    return found;
  }

  test('it is said: status, search attribute, allowed commands; nothing is touched, and the history does not grow', async () => {
    const handle = await splitBrain();
    const { attention, allowed } = await progressOf(handle);
    expect(attention).toMatchObject({ source: { state: 'running' }, destination: { state: 'running' } });
    expect(allowed).toContain('resolve');
    await until(async () => (await listed()).includes(handle.workflowId));
    expect(await (await fetch(`http://${metricsAddress}/metrics`)).text()).toMatch(
      /^vgpu_ferry_attention_raised_total\{.*kind="split-brain".*\} \d+$/m,
    );
    expect(await ferry.fleet.runningCopies(guest)).toHaveLength(2);
    expect(await ferry.ledgerFiles('host-b', 'claims')).toHaveLength(2);
    await ask(handle, 'resolve', { guestIsOn: 'source' });
    await failureOf(handle);
  });

  test('an operator says that the guest is on the source: the other copy goes, and all is undone', async () => {
    const handle = await splitBrain();
    expect(await command(ferry.client, guest, 'resolve', { guestIsOn: 'source' })).toMatchObject({
      applied: true,
    });
    await failureOf(handle);
    await record(handle, 'resolved-source');
    await expectUndone(guest);
    await until(async () => !(await listed()).includes(handle.workflowId));
  });

  test('an operator says that it is on the destination: the source’s copy goes, and the migration completes', async () => {
    const handle = await splitBrain();
    await command(ferry.client, guest, 'resolve', { guestIsOn: 'destination' });
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
    await record(handle, 'resolved-destination');
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
    expect(await ferry.hypervisor('host-a').domain(guest)).toBeUndefined();
    expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
  });

  test('what an operator’s word asks for is tried again when it fails, also when nothing else changes', async () => {
    const handle = await splitBrain();
    await until(async () => {
      const { events } = await handle.fetchHistory();
      return events!.some((e) => e.activityTaskScheduledEventAttributes?.activityType?.name === 'watchGuest');
    });
    await ferry.fleet.arm([
      {
        call: 'destroy',
        host: 'host-b',
        effect: 'none',
        kind: 'call-error',
        code: 38,
        domain: 7,
        text: 'no',
      },
    ]);
    await command(ferry.client, guest, 'resolve', { guestIsOn: 'source' });
    await failureOf(handle);
    expect(await ferry.fleet.firedFaults()).toContainEqual(expect.objectContaining({ call: 'destroy' }));
    await expectUndone(guest);
  });

  test('it clears up by itself when somebody ends a copy by hand', async () => {
    const handle = await splitBrain();
    await ferry.hypervisor('host-b').destroy(guest);
    await failureOf(handle);
    await expectUndone(guest);
  });
});

test('a host that never comes back: the operator says that it is off, and the source goes on without it', async () => {
  const guest = SAMPLE_GUEST.uuid;
  await ferry.fleet.arm([{ phase: 'perform', kind: 'kill-libvirtd', on: 'target', restartAfterMs: null }]);
  const handle = await ferry.migrate({ guest });
  await until(async () => (await progressOf(handle)).allowed.includes('resolve'));
  expect(await refusal(ask(handle, 'resolve', { fenced: 'host-a' }))).toMatch(/host-a answers/);
  expect(await refusal(ask(handle, 'resolve', { fenced: 'host-c' }))).toMatch(/neither the source/);
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  await ask(handle, 'resolve', { fenced: 'host-b' });
  await failureOf(handle);
  await record(handle, 'fenced-host');
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toHaveLength(2); // for the host's next sweep
});

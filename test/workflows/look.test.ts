/** Hosts whose agent is away are looked at by the other host's agent, and only as far as that can count. */
import { WorkflowUpdateFailedError, defaultPayloadConverter } from '@temporalio/client';
import type { WorkerInterceptors } from '@temporalio/worker';
import type { CommandAnswer, MigrationProgress, Resolution } from '../../src/contract';
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { snapshot } from '../../src/temporal/snapshot';
import { failureOf } from '../support/failures';
import { type Ferry, useFerry } from '../support/ferry';
import { record } from '../support/histories';
import { until } from '../support/until';

let ferry: Ferry;
useFerry((made) => (ferry = made));

function afterActivity(name: string, done: () => void): WorkerInterceptors {
  return {
    activity: [
      ({ info }) => ({
        inbound: {
          execute: (input, next) => next(input).finally(() => info.activityType === name && done()),
        },
      }),
    ],
  };
}

function progressOf(handle: MigrationHandle): Promise<MigrationProgress> {
  return handle.query<MigrationProgress>('progress');
}

/** A look has found a guest running, and the workflow has gone on with that. */
async function sawItRun(handle: MigrationHandle): Promise<boolean> {
  const { events = [] } = await handle.fetchHistory();
  const saw = events!.findIndex(({ activityTaskCompletedEventAttributes: completed }) => {
    const payload = completed?.result?.payloads?.[0];
    return (
      payload && defaultPayloadConverter.fromPayload<{ state?: string } | null>(payload)?.state === 'running'
    );
  });
  return saw >= 0 && events!.slice(saw).some((event) => event.workflowTaskCompletedEventAttributes);
}

test('the source’s agent dies and stays away: the guest that the fence holds is resumed all the same', async () => {
  const [guest, handle] = await ferry.endlessMigration();
  await ferry.stopAgent('host-a');
  await ferry.hypervisor('host-a').setMaxDowntime(guest, 60_000);
  await until(async () => (await ferry.fleet.runningCopies(guest)).join() === 'host-b');
  expect(await ferry.fleet.doubleRuns()).toEqual([]);
  // only the source's own clean-up waits for its agent
  await until(async () => (await progressOf(handle)).waitingFor === 'host-a to clean up');
  await ferry.startAgent('host-a');
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
  await record(handle, 'resumed-without-the-source');
  expect(await ferry.hypervisor('host-a').domain(guest)).toBeUndefined();
});

test('a source whose agent is away is not taken to own the guest because its libvirt shows it: the agent may be about to begin', async () => {
  const guest = SAMPLE_GUEST.uuid;
  await ferry.fleet.arm([{ phase: 'perform', kind: 'kill-libvirtd', on: 'target', restartAfterMs: 300 }]);
  const handle = await ferry.migrate({ guest });
  await ferry.fleet.untilMigrating(guest);
  await ferry.stopAgent('host-a');
  await until(() => sawItRun(handle)); // the first look may find the peer's own libvirt still starting
  await until(async () => (await progressOf(handle)).waitingFor !== null);
  expect(await progressOf(handle)).toMatchObject({
    allowed: expect.arrayContaining(['resolve']),
    waitingFor: expect.stringContaining('source does not answer'),
    attention: null, // a host that is only being restarted is nobody's task
  });
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toHaveLength(2);
  await ferry.startAgent('host-a');
  await failureOf(handle);
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
});

/** libvirt's own switchover with the link cut at Finish; the source's agent is stopped before both copies run. */
async function bothRunUnseen(healAfterMs: number): Promise<[string, MigrationHandle]> {
  const guest = SAMPLE_GUEST.uuid;
  await ferry.fleet.arm([{ phase: 'finish', kind: 'link-down', healAfterMs }]);
  const handle = await ferry.migrate({ guest, policy: { switchover: 'libvirt' } });
  await ferry.fleet.untilMigrating(guest);
  await ferry.stopAgent('host-a');
  await until(async () => (await ferry.fleet.runningCopies(guest)).length === 2);
  return [guest, handle];
}

/** Meanwhile it keeps the claims; once the agent is back it says that both run, and takes a person's word. */
async function waitsUntilTheAgentIsBack(
  handle: MigrationHandle,
  words: string,
  guestIsOn: 'source' | 'destination',
): Promise<void> {
  await until(async () => (await progressOf(handle)).waitingFor?.includes(words) === true);
  expect(await ferry.ledgerFiles('host-b', 'claims')).toHaveLength(2);
  await ferry.startAgent('host-a');
  await until(async () => (await progressOf(handle)).attention?.kind === 'split-brain');
  await handle.executeUpdate<CommandAnswer, [Resolution]>('resolve', { args: [{ guestIsOn }] });
}

test('two copies run, and the source’s agent is away: what its libvirt shows is enough not to finish the move', async () => {
  const [guest, handle] = await bothRunUnseen(1_500);
  await waitsUntilTheAgentIsBack(handle, 'seen to run too', 'source');
  await failureOf(handle);
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
});

test('without the fence a copy on the destination proves nothing of a silent source: the move is not finished before it answers', async () => {
  const [guest, handle] = await bothRunUnseen(3_600_000);
  await waitsUntilTheAgentIsBack(handle, 'without the fence it may run too', 'destination');
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
  expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-b']);
});

test('the destination’s agent is away: the source’s resumes the guest that the fence holds there', async () => {
  const [guest, handle] = await ferry.endlessMigration();
  await ferry.stopAgent('host-b');
  // the source's agent loses its attempt, and with it the fence's own resume
  await ferry.stopAgent('host-a');
  await ferry.hypervisor('host-a').setMaxDowntime(guest, 60_000);
  await ferry.fleet.until((fleet) => fleet.jobs.every(({ step }) => step === 'ended'));
  expect(await ferry.fleet.runningCopies(guest)).toEqual([]);
  await ferry.startAgent('host-a');
  await until(async () => (await ferry.fleet.runningCopies(guest)).join() === 'host-b');
  await ferry.startAgent('host-b');
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
});

test('the source’s agent dies between a look that finds the job and the attempt that is to watch it: the held guest is resumed', async () => {
  const [guest, handle] = await ferry.endlessMigration();
  await ferry.stopAgent('host-a');
  const looked = new Promise<void>((resolve) => {
    void ferry.startAgent('host-a', 0, afterActivity('observeGuest', resolve));
  });
  await looked;
  await ferry.stopAgent('host-a');
  await ferry.hypervisor('host-a').setMaxDowntime(guest, 60_000);
  await until(async () => (await ferry.fleet.runningCopies(guest)).join() === 'host-b');
  await ferry.startAgent('host-a');
  expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
});

describe('a person’s word while the source’s agent is away', () => {
  const say = (handle: MigrationHandle, word: Resolution): Promise<CommandAnswer> =>
    handle.executeUpdate<CommandAnswer, [Resolution]>('resolve', { args: [word] });

  async function agentAway(): Promise<[string, MigrationHandle]> {
    const [guest, handle] = await ferry.endlessMigration();
    await ferry.stopAgent('host-a');
    await until(async () => (await progressOf(handle)).allowed.includes('resolve'));
    return [guest, handle];
  }

  test('a host whose libvirt answers is not off', async () => {
    const [, handle] = await agentAway();
    const refused: unknown = await say(handle, { fenced: 'host-a' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
    expect((refused as WorkflowUpdateFailedError).cause?.message).toMatch(/its libvirt answers/);
    await ferry.startAgent('host-a');
    await handle.cancel();
    await failureOf(handle);
  });

  test('is not asked for again before both hosts have been looked at with it', async () => {
    const [, handle] = await agentAway();
    await ferry.stopAgent('host-b'); // so that the look takes its time
    await say(handle, { guestIsOn: 'source' });
    expect((await progressOf(handle)).waitingFor).toBe(
      'both hosts to be looked at again: an operator has said that it is on the source',
    );
    await until(async () => (await progressOf(handle)).waitingFor?.includes('does not answer') === true);
    await ferry.startAgent('host-a');
    await ferry.startAgent('host-b');
    await handle.cancel();
    await failureOf(handle);
  });

  test('is not kept for what a job that is found in flight comes to', async () => {
    await ferry.fleet.arm([{ phase: 'finish', kind: 'link-down', healAfterMs: 3_000 }]);
    const [guest, handle] = await agentAway();
    await say(handle, { guestIsOn: 'destination' });
    await ferry.startAgent('host-a');
    await until(async () => (await snapshot(handle)).pending.includes('migrateGuest'));
    await ferry.hypervisor('host-a').setMaxDowntime(guest, 60_000);
    await failureOf(handle);
    expect(await ferry.fleet.runningCopies(guest)).toEqual(['host-a']);
  });
});

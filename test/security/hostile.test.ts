/**
 * Somebody who may write to the namespace, against the real server and the product's own agents and orchestrator. What they can
 * do to a guest is what an operator can; a host itself, other hosts' addresses, and devices that are not ours stay out of reach.
 */
import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import {
  type Claim,
  type HostActivities,
  type MigrationRef,
  DEFAULT_POLICY,
  ErrorType,
  JOB_PROGRESS_SIGNAL,
  LIVE_MIGRATE_VGPU,
  ORCHESTRATOR_TASK_QUEUE,
  RECONCILE_HOST,
  REQUIRED_AGENT_PROTOCOL,
  migrationWorkflowId,
} from '../../src/contract';
import type { Hypervisor } from '../../src/hypervisor/port';
import { SAMPLE_GUEST, SAMPLE_TYPE } from '../../src/hypervisor/simulated';
import type { EmbeddedTemporal } from '../../src/temporal/embedded';
import type { MigrationHandle } from '../../src/temporal/migrations';
import { failureOf } from '../support/failures';
import { Ferry, startTestServer } from '../support/ferry';
import { type Disguise, Intruder, bundleOfIntruder } from './intruder';

const CHANGES = [
  ...[
    'resume',
    'destroy',
    'undefine',
    'setAutostart',
    'migrate',
    'abortJob',
    'setMaxDowntime',
    'setBandwidth',
  ],
  ...['createMdev', 'destroyMdev'],
] as const satisfies readonly (keyof Hypervisor)[];

const PEERS = ['sim://host-a/system', 'sim://host-b/system'];
const VICTIM = SAMPLE_GUEST.uuid;

let temporal: EmbeddedTemporal;
let ferry: Ferry;
let intruder: Intruder;
/** What the agents have asked of their hypervisors: of these, changes; and where they have connected to. */
let asked: Map<keyof Hypervisor, jest.SpyInstance<unknown, unknown[]>>;

beforeAll(async () => {
  temporal = await startTestServer();
  ferry = await Ferry.start(temporal);
  intruder = await Intruder.start(ferry, await bundleOfIntruder());
}, 300_000);
afterAll(async () => {
  await intruder.close();
  await ferry.close();
  await temporal.stop();
});

beforeEach(() => {
  const adapter = Object.getPrototypeOf(ferry.hypervisor('host-a')) as Hypervisor;
  asked = new Map(
    [...CHANGES, 'connectPeer' as const].map((name) => [
      name,
      jest.spyOn(adapter, name) as jest.SpyInstance<unknown, unknown[]>,
    ]),
  );
});
afterEach(() => jest.restoreAllMocks());

function changesAsked(): string[] {
  return CHANGES.filter((name) => asked.get(name)!.mock.calls.length > 0);
}

function migrationOf(guest: string, run: string = randomUUID()): MigrationRef {
  return { workflow: migrationWorkflowId(guest), run, guest, requiredProtocol: REQUIRED_AGENT_PROTOCOL };
}

/** Under the product's own type, and the id of a guest's migration. */
const asMigrationOf = (guest: string): Disguise => ({
  type: LIVE_MIGRATE_VGPU,
  workflowId: migrationWorkflowId(guest),
});

const [persistent, pausedByUser] = [true, false];
const running = { state: 'running', reason: 'booted', job: 'none', persistent };

const step = (migration: MigrationRef): Partial<Record<keyof HostActivities, unknown>> => ({
  claimOnDestination: {
    ...{ migration, requests: [{ source: randomUUID(), type: SAMPLE_TYPE }], persistent },
    sourceFailed: [],
  },
  migrateGuest: {
    ...{
      migration,
      destination: 'host-b',
      policy: { ...DEFAULT_POLICY },
      xmlDigest: '0'.repeat(64),
      persistent,
    },
    ...{ mdevs: [], pausedByUser, attach: false },
  },
  controlJob: { migration, command: 'setMaxDowntime', maxDowntimeMs: 1 },
  finalizeOnDestination: { migration, claimId: '', mdevs: [], persistent, autostart: true, pausedByUser },
  cleanUpSource: { migration, mdevs: [], policy: 'remove' },
  releaseClaim: { migration, recycle: true },
  actOnGuest: { migration, act: 'destroy', expect: running, byOperator: true },
});

const STEPS = Object.keys(step(migrationOf(VICTIM))) as (keyof HostActivities)[];

const refused = {
  type: ErrorType.InvalidInput,
  message: expect.stringMatching(/not scheduled by that guest's own migration/),
};

describe('a task on a host’s queue', () => {
  test.each(STEPS)('%s, from anything but the guest’s own migration, touches nothing', async (activity) => {
    const input = step(migrationOf(VICTIM))[activity];
    const disguised = asMigrationOf(randomUUID());
    expect(await intruder.send('host-a', activity, input)).toEqual(refused);
    expect(await intruder.send('host-a', activity, input, disguised)).toEqual(refused);
    expect(await intruder.sendAlone('host-a', activity, input)).toEqual(refused);
    const itsId = { ...asMigrationOf(VICTIM), type: 'Hostile' as const };
    expect(await intruder.send('host-a', activity, input, itsId)).toEqual(refused);
    expect(changesAsked()).toEqual([]);
  });

  test('of a guest’s migration, forged in whole, connects to configured peers and to nothing else', async () => {
    const migration = migrationOf(VICTIM);
    const forged = asMigrationOf(VICTIM);
    const send = (activity: keyof HostActivities, input: object): Promise<unknown> =>
      intruder.send(
        'host-a',
        activity,
        { ...(step(migration)[activity] ?? { migration }), ...input },
        forged,
      );
    for (const elsewhere of ['host-z', 'constructor', 'localhost', '169.254.169.254'])
      for (const [activity, field] of [
        ['migrateGuest', 'destination'],
        ['observeGuest', 'on'],
      ] as const)
        expect(await send(activity, { [field]: elsewhere })).toMatchObject({ type: ErrorType.PreCheck });
    expect(await send('inspectSource', { destination: 'host-z' })).toMatchObject({
      failed: [expect.objectContaining({ check: 'peer-configured' })],
    });
    for (const uri of ['qemu+ext:///system?command=/bin/sh', 'host-b/../../etc', 'host-b:22', 'HOST-B'])
      expect(await send('observeGuest', { on: uri })).toMatchObject({ type: ErrorType.InvalidInput });
    await send('observeGuest', { on: 'host-b' });
    expect(asked.get('connectPeer')!.mock.calls.map(([uri]) => uri)).toEqual([PEERS[1]]);
    expect(changesAsked()).toEqual([]);
  });

  test('can’t free what another migration holds, nor remove a device that is not ours', async () => {
    const [guest, handle] = await ferry.endlessMigration();
    const { firstExecutionRunId } = handle as MigrationHandle & { firstExecutionRunId: string };
    const held = (await ferry.fleet.mdevs('host-b')).at(-1)!;
    const rightful = migrationOf(guest, firstExecutionRunId);
    const forged = asMigrationOf(VICTIM);
    const release = { migration: rightful, recycle: true };
    expect(await intruder.send('host-b', 'releaseClaim', release, forged)).toEqual(refused);
    expect(await intruder.sendAlone('host-b', 'releaseClaim', release)).toEqual(refused);
    // under its own name, with another's run: nothing of that is its own
    const own = migrationOf(VICTIM, firstExecutionRunId);
    expect(await intruder.send('host-b', 'releaseClaim', { migration: own, recycle: true }, forged)).toEqual(
      [],
    );
    // its definition here would be cleaned up, and the device that it names with it
    const cleanUp = { migration: own, mdevs: [held.uuid], policy: 'remove' };
    await intruder.send('host-b', 'cleanUpSource', cleanUp, forged);
    expect(await ferry.ledgerFiles('host-b', 'claims')).toHaveLength(1);
    expect((await ferry.fleet.mdevs('host-b')).map(({ uuid }) => uuid)).toContain(held.uuid);
    expect(asked.get('destroyMdev')!).not.toHaveBeenCalled();
    await ferry.letItConverge(guest);
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
  });

  test('that claims under a run which is none is refused: no sweep could see its end', async () => {
    const input = step(migrationOf(VICTIM, 'no-run'))['claimOnDestination'];
    expect(await intruder.send('host-b', 'claimOnDestination', input, asMigrationOf(VICTIM))).toEqual(
      refused,
    );
    expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
  });

  test('what a forged migration has claimed goes back with the next sweep after its end', async () => {
    const forged = asMigrationOf(VICTIM);
    const claim = await intruder.send(
      'host-b',
      'claimOnDestination',
      step(migrationOf(VICTIM)).claimOnDestination,
      forged,
    );
    expect(claim).toMatchObject({ host: 'host-b', mdevs: [expect.objectContaining({ created: true })] });
    expect(await ferry.ledgerFiles('host-b', 'claims')).toHaveLength(1);
    await ferry.client.workflow.execute(RECONCILE_HOST, {
      ...{ taskQueue: ORCHESTRATOR_TASK_QUEUE, workflowId: randomUUID(), args: [{ host: 'host-b' }] },
    });
    expect(await ferry.ledgerFiles('host-b', 'claims')).toEqual([]);
    const { target } = (claim as Claim).mdevs[0]!;
    expect((await ferry.fleet.mdevs('host-b')).map(({ uuid }) => uuid)).not.toContain(target);
  });

  test('a host sweeps itself and no other', async () => {
    expect(await intruder.send('host-a', 'reconcileHost', { host: 'host-b' })).toMatchObject({
      type: ErrorType.InvalidInput,
    });
  });
});

/** As JSON that no JSON.stringify has made. */
const raw = (json: string, encoding = 'json/plain'): Payload => ({
  metadata: { encoding: Buffer.from(encoding) },
  data: Buffer.from(json),
});

const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

describe('signals and updates to a migration that runs', () => {
  async function signal(handle: MigrationHandle, signalName: string, payload: Payload): Promise<void> {
    await ferry.client.workflowService.signalWorkflowExecution({
      ...{ namespace: 'default', workflowExecution: { workflowId: handle.workflowId }, signalName },
      ...{ input: { payloads: [payload] }, requestId: randomUUID() },
    });
  }

  test('of any kind leave it at work', async () => {
    const [guest, handle] = await ferry.endlessMigration();
    for (const payload of [
      ...['{', '', DEEP, '[]', '7', 'null', '{"phase":"pre-copy","maxDowntimeMs":{"toString":1}}'].map(
        (json) => raw(json),
      ),
      raw('not encrypted', 'binary/encrypted'),
      { metadata: {}, data: Buffer.from('x') },
      defaultPayloadConverter.toPayload('\u001b]0;x\u0007'),
    ])
      await signal(handle, JOB_PROGRESS_SIGNAL, payload);
    await signal(handle, '__proto__', raw('{}'));
    const refusals = [
      { fenced: '../host-b' },
      { guestIsOn: 'both' },
      { ['x'.repeat(100_000)]: 1 },
      [[[]]],
      'x',
    ].map(async (argument) =>
      handle
        .executeUpdate<unknown, [unknown]>('resolve', { args: [argument] })
        .catch((error: unknown) => error),
    );
    for (const refusal of await Promise.all(refusals)) {
      expect(refusal).toBeInstanceOf(WorkflowUpdateFailedError);
      const { type, message } = (refusal as { cause: { type: string; message: string } }).cause;
      expect(type).toBe(ErrorType.CommandRefused);
      expect(message.length).toBeLessThan(1_000);
    }
    expect(await handle.query('progress')).toMatchObject({ stage: 'migrate', job: null });
    await ferry.letItConverge(guest);
    expect(await handle.result()).toMatchObject({ runsOn: 'host-b' });
    const { events } = await handle.fetchHistory();
    expect(events!.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
  });
});

describe('a migration’s input', () => {
  async function start(input: Payload, guest = VICTIM): Promise<MigrationHandle> {
    const workflowId = migrationWorkflowId(guest);
    await ferry.client.workflowService.startWorkflowExecution({
      ...{ namespace: 'default', workflowId, workflowType: { name: LIVE_MIGRATE_VGPU } },
      ...{
        taskQueue: { name: ORCHESTRATOR_TASK_QUEUE },
        input: { payloads: [input] },
        requestId: randomUUID(),
      },
    });
    return ferry.client.workflow.getHandle(workflowId);
  }

  const good = { guest: VICTIM, source: 'host-a', destination: 'host-b' };

  test.each<[string, string]>([
    ['nested without end', `{"guest":${DEEP}}`],
    ['a URI for a host', JSON.stringify({ ...good, destination: 'qemu+ext:///system?command=/bin/sh' })],
    ['a path for a host', JSON.stringify({ ...good, source: '../../etc/passwd' })],
    ['a path for a guest', JSON.stringify({ ...good, guest: '../../../etc/shadow' })],
    [
      'a prototype',
      `{"guest":"${VICTIM}","source":"host-a","destination":"host-b","__proto__":{"policy":{}}}`,
    ],
    ['a hundred thousand fields', `{${Array.from({ length: 100_000 }, (_, n) => `"f${n}":0`).join()}}`],
    ['a character cut in half', JSON.stringify({ ...good, guest: `${'a'.repeat(75)}😀😀` })],
    ['no object', '"x"'],
  ])('%s: refused before any host is asked, in few words', async (_what, json) => {
    const handle = await start(raw(json));
    const failure = await failureOf(handle);
    expect(failure).toMatchObject({ type: ErrorType.InvalidInput });
    expect(failure.message.length).toBeLessThan(4_000);
    const { events } = await handle.fetchHistory();
    expect(events!.filter((event) => event.activityTaskScheduledEventAttributes)).toEqual([]);
  });

  test('that no orchestrator can read waits, and holds up nobody else', async () => {
    const guest = randomUUID();
    const unread = await start(raw('{', 'binary/encrypted'), guest);
    const other = await ferry.migrate({ guest: randomUUID() });
    expect(await failureOf(other)).toMatchObject({ type: ErrorType.GuestNotFound });
    expect((await unread.describe()).status.name).toBe('RUNNING');
    await unread.terminate();
  });

  test.each([{ host: '../x' }, {}, null, { host: [DEEP] }])(
    'of a sweep, wrong in way %#, is refused',
    async (input) => {
      const handle = await ferry.client.workflow.start(RECONCILE_HOST, {
        ...{ taskQueue: ORCHESTRATOR_TASK_QUEUE, workflowId: randomUUID(), args: [input] },
      });
      const failure = await failureOf(handle);
      expect(failure).toMatchObject({ type: ErrorType.InvalidInput });
      expect(failure.message.length).toBeLessThan(1_000);
    },
  );
});

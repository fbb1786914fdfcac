/** The main job on real hosts: guests go from A to B and back, and everything about them is as it was. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { LIVE_MIGRATE_VGPU, ORCHESTRATOR_TASK_QUEUE, migrationWorkflowId } from '../../src/contract';
import { findTemporalCli } from '../../src/temporal/temporal-cli';
import { cleanHosts } from '../src/clean';
import { countsFrom } from '../src/counting';
import { serialSize, serialText, startGuest, trace, type GuestSpec } from '../src/guest';
import { readableHistory } from '../src/history';
import {
  activeMdevs,
  definedMdevs,
  isAutostarted,
  ledgerFiles,
  mdevsOfGuest,
  qemuProcesses,
  vncPassword,
  whereDefined,
} from '../src/inspect';
import type { LabHost } from '../src/host';
import type { Lab } from '../src/lab';
import { keepPassphrase, makeLuksDisk } from '../src/luks';
import { Migrations, succeeded, type Migration } from '../src/migrations';
import { orchestratorLogOf } from '../src/orchestrator';
import { AGENT_LOG } from '../src/product';
import { sharedLab } from '../src/session';
import { must } from '../src/shell';
import { readTrace, type Trace } from '../src/trace';

const PASSWORD = 'sesame42';
const PASSPHRASE = 'Luks-Pa55phrase';
const SECRETS = [PASSWORD, PASSPHRASE, '<domain'];

let lab: Lab;
let address: string;
let migrations: Migrations;

beforeAll(async () => {
  ({ lab, address } = await sharedLab());
  migrations = await Migrations.connect(address);
});
afterAll(() => migrations.close());

/** A migration as it was seen from outside: the guest's serial output, from before it to well after it. */
async function moved(
  guest: GuestSpec,
  from: LabHost,
  to: LabHost,
  start: () => Promise<Migration>,
): Promise<{ migration: Migration; trace: Trace }> {
  const marks = { from: await serialSize(from, guest), to: await serialSize(to, guest) };
  const migration = await start();
  await succeeded(migration);
  await countsFrom(to, guest, marks.to);
  const text = (await serialText(from, guest, marks.from)) + (await serialText(to, guest, marks.to));
  return { migration, trace: readTrace(text) };
}

function startByClient(guest: GuestSpec, from: LabHost, to: LabHost): () => Promise<Migration> {
  return () => migrations.start({ guest: guest.uuid, source: from.name, destination: to.name });
}

/** The very command line that the README gives. */
async function startByCli(guest: GuestSpec, from: LabHost, to: LabHost): Promise<Migration> {
  await must(await findTemporalCli(), [
    ...['workflow', 'start', '--type', LIVE_MIGRATE_VGPU, '--task-queue', ORCHESTRATOR_TASK_QUEUE],
    ...['--workflow-id', migrationWorkflowId(guest.uuid)],
    ...['--input', JSON.stringify({ guest: guest.uuid, source: from.name, destination: to.name })],
    ...['--address', address],
  ]);
  return migrations.of(guest.uuid);
}

/** Everything about a guest that has to be as it was, read from the hosts. */
async function expectAtHomeOn(host: LabHost, guest: GuestSpec, mdevs: string[]): Promise<void> {
  expect(await whereDefined(lab.hosts, guest.uuid)).toEqual({ [host.name]: 'running' });
  expect(await qemuProcesses(lab.hosts, guest.uuid)).toEqual([host.name]);
  expect(await mdevsOfGuest(host, guest.uuid, 'live')).toEqual(mdevs);
  expect(await mdevsOfGuest(host, guest.uuid, 'inactive')).toEqual(mdevs);
  const types = new Map((await activeMdevs(host)).map(({ uuid, type }) => [uuid, type]));
  expect(mdevs.map((uuid) => types.get(uuid))).toEqual(guest.mdevs.map(({ type }) => type));
  expect(await isAutostarted(host, guest.uuid)).toBe(true);
  expect(await vncPassword(host, guest.uuid, 'live')).toBe(PASSWORD);
  expect(await vncPassword(host, guest.uuid, 'inactive')).toBe(PASSWORD);
  const xml = await host.virsh('dumpxml', '--inactive', guest.uuid);
  expect(xml.includes(`<secret type='passphrase' uuid='${guest.luksDisk?.secret}'/>`)).toBe(
    guest.luksDisk !== undefined,
  );
}

async function expectNothingSecretIn(migration: Migration): Promise<void> {
  const history = await readableHistory(migration);
  // A control for the reader itself: what has to be in there is found.
  expect(history).toContain('"runsOn"');
  const { memo, searchAttributes } = await migration.describe();
  const described = JSON.stringify([memo, searchAttributes]);
  expect(described).toContain(lab.b.name);
  const logs = await Promise.all([lab.a, lab.b].map((host) => host.ssh(`cat ${AGENT_LOG}`)));
  for (const log of logs) expect(log).toContain('agent ready');
  const kept = [history, described, ...logs, await readFile(orchestratorLogOf(lab), 'utf8')];
  expect(SECRETS.filter((secret) => kept.join('\n').includes(secret))).toEqual([]);
}

async function claimsOn(host: LabHost): Promise<string[]> {
  return (await ledgerFiles(host)).filter((file) => !file.startsWith('created/'));
}

describe('a persistent guest with a VNC password and an encrypted disk, started at boot', () => {
  const original = { uuid: randomUUID(), type: 'mtty-2' } as const;
  const guest: GuestSpec = {
    ...{ name: 'desk', uuid: randomUUID(), mdevs: [original], vncPassword: PASSWORD },
    luksDisk: { file: '/run/encrypted.img', secret: randomUUID() },
  };
  let onB: string[];

  beforeAll(async () => {
    await cleanHosts(lab.hosts);
    for (const host of [lab.a, lab.b]) {
      await makeLuksDisk(host, guest.luksDisk!, PASSPHRASE);
      await keepPassphrase(host, guest.luksDisk!, PASSPHRASE);
    }
    await startGuest(lab.a, guest);
  });

  test('goes from A to B, started with the temporal command', async () => {
    const { migration, trace } = await moved(guest, lab.a, lab.b, () => startByCli(guest, lab.a, lab.b));
    const result = await succeeded(migration);
    onB = result.mdevs.map(({ target }) => target);

    expect(trace.faults).toEqual([]);
    expect(onB).toHaveLength(1);
    expect(onB).not.toContain(original.uuid);
    await expectAtHomeOn(lab.b, guest, onB);
    // Made by us for a guest that outlives a reboot: so has its device to.
    expect(await definedMdevs(lab.b)).toEqual(onB);
    // The device on A was the operator's: it stays, free.
    expect(await activeMdevs(lab.a)).toEqual([original]);
    expect(await claimsOn(lab.b)).toEqual([]);
    expect(await ledgerFiles(lab.a)).toEqual([]);
    await expectNothingSecretIn(migration);
  });

  test('goes back to A, and leaves nothing of ours on B', async () => {
    const { migration, trace } = await moved(guest, lab.b, lab.a, startByClient(guest, lab.b, lab.a));

    expect(trace.faults).toEqual([]);
    // The free device of the type that was there is taken before a new one is made.
    await expectAtHomeOn(lab.a, guest, [original.uuid]);
    expect(await activeMdevs(lab.b)).toEqual([]);
    expect(await definedMdevs(lab.b)).toEqual([]);
    expect(await ledgerFiles(lab.a)).toEqual([]);
    expect(await ledgerFiles(lab.b)).toEqual([]);
    await expectNothingSecretIn(migration);
  });

  test('would be caught if its device had lost its state', async () => {
    const from = await serialSize(lab.a, guest);
    await loseDeviceState(lab.a, guest);
    await countsFrom(lab.a, guest, from);

    expect((await trace(lab.a, guest, from)).faults).toEqual([
      expect.stringMatching(/bytes of the devices' FIFOs were wrong/),
      expect.stringMatching(/reads of the scratch registers were wrong/),
    ]);
  });
});

/** What a migration that forgets the device's data would do: memory intact, the device as if newly made. */
async function loseDeviceState(host: LabHost, guest: GuestSpec): Promise<void> {
  const io = /mtty 0 io=([0-9a-f]{4})/.exec(await serialText(host, guest))?.[1] ?? '';
  const monitor = (command: string) => host.virsh('qemu-monitor-command', guest.uuid, '--hmp', command);
  await host.virsh('suspend', guest.uuid);
  await monitor(`o/1b 0x${io}+2 0x07`);
  await monitor(`o/1b 0x${io}+7 0xee`);
  await host.virsh('resume', guest.uuid);
}

test('a guest with two devices of different types keeps each on its own', async () => {
  await cleanHosts(lab.hosts);
  const guest: GuestSpec = {
    name: 'twin',
    uuid: randomUUID(),
    mdevs: [
      { uuid: randomUUID(), type: 'mtty-2' },
      { uuid: randomUUID(), type: 'mtty-1' },
    ],
    vncPassword: PASSWORD,
  };
  await startGuest(lab.a, guest);
  const { migration, trace } = await moved(guest, lab.a, lab.b, startByClient(guest, lab.a, lab.b));
  const { mdevs } = await succeeded(migration);

  expect(trace.faults).toEqual([]);
  expect(mdevs.map(({ type, source }) => ({ type, uuid: source }))).toEqual(guest.mdevs);
  await expectAtHomeOn(
    lab.b,
    guest,
    mdevs.map(({ target }) => target),
  );
  expect(await claimsOn(lab.b)).toEqual([]);
});

/** Real failures: each leaves the guest where it was and the destination as it was, and says what happened by type. */
import { randomUUID } from 'node:crypto';
import { CancelledFailure } from '@temporalio/common';
import { DEFAULT_POLICY, ErrorType, type MigrationPolicy } from '../../src/contract';
import { cleanHosts } from '../src/clean';
import { goesOnCounting } from '../src/counting';
import { MTTY_PARENT, powerOff, startGuest, trace, type GuestSpec } from '../src/guest';
import { activeMdevs, definedMdevs, hasJob, ledgerFiles, qemuProcesses, whereDefined } from '../src/inspect';
import type { Lab } from '../src/lab';
import {
  Migrations,
  activityCompleted,
  failureOf,
  isRunning,
  typeOf,
  type Migration,
} from '../src/migrations';
import { freezeAgent, thawAgent } from '../src/product';
import { sharedLab } from '../src/session';
import { waitUntil } from '../src/wait';

/** With these a guest that dirties its memory stays in pre-copy until somebody ends the migration. */
const ENDLESS: Partial<MigrationPolicy> = { maxDowntimeMs: DEFAULT_POLICY.maxDowntimeMs, bandwidthMiBps: 2 };
const DIRTY_MIB = 32;

let lab: Lab;
let migrations: Migrations;
let guest: GuestSpec;

beforeAll(async () => {
  const shared = await sharedLab();
  lab = shared.lab;
  migrations = await Migrations.connect(shared.address);
});
beforeEach(async () => {
  await cleanHosts(lab.hosts);
  guest = { name: 'desk', uuid: randomUUID(), mdevs: [{ uuid: randomUUID(), type: 'mtty-2' }] };
});
afterAll(() => migrations.close());

function migrate(policy: Partial<MigrationPolicy> = {}): Promise<Migration> {
  return migrations.start({ guest: guest.uuid, source: lab.a.name, destination: lab.b.name, policy });
}

/** Started, and held in pre-copy. */
async function endlessMigration(): Promise<Migration> {
  guest.dirtyMiB = DIRTY_MIB;
  await startGuest(lab.a, guest);
  const migration = await migrate(ENDLESS);
  await waitUntil(
    'pre-copy',
    async () => /^Job type:\s+Unbounded/m.test(await lab.a.virsh('domjobinfo', guest.uuid)),
    {
      timeoutMs: 90_000,
    },
  );
  return migration;
}

async function expectStayedOnSource(): Promise<void> {
  expect(await whereDefined(lab.hosts, guest.uuid)).toEqual({ [lab.a.name]: 'running' });
  expect(await qemuProcesses(lab.hosts, guest.uuid)).toEqual([lab.a.name]);
  expect(await hasJob(lab.a, guest.uuid)).toBe(false);
  const { faults } = await goesOnCounting(() => trace(lab.a, guest), lab.a.name, 30_000);
  expect(faults).toEqual([]);
  expect(await activeMdevs(lab.a)).toEqual(guest.mdevs);
}

/** `before`: devices that were there before the migration. */
async function expectDestinationClean(before: Awaited<ReturnType<typeof activeMdevs>> = []): Promise<void> {
  expect(await activeMdevs(lab.b)).toEqual(before);
  expect(await definedMdevs(lab.b)).toEqual([]);
  expect(await ledgerFiles(lab.b)).toEqual([]);
}

test('the destination is full', async () => {
  await startGuest(lab.a, guest);
  // Ports are what an mtty parent has a limited number of: used up by the smaller type, none of the larger is left.
  await lab.b.ssh(`cd /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1
    while [ "$(cat available_instances)" -gt 0 ]; do cat /proc/sys/kernel/random/uuid >create; done`);
  const before = await activeMdevs(lab.b);

  const failure = await failureOf(await migrate());

  expect(typeOf(failure)).toBe(ErrorType.PreCheck);
  expect(failure.message).toContain('mtty-2');
  await expectStayedOnSource();
  await expectDestinationClean(before);
});

test('the destination does not offer the type', async () => {
  await startGuest(lab.a, guest);
  await lab.b.ssh('modprobe -r mtty');
  await waitUntil('libvirt to see that the parent device is gone', () => lacksParent(), {
    timeoutMs: 30_000,
  });

  const failure = await failureOf(await migrate());

  expect(typeOf(failure)).toBe(ErrorType.PreCheck);
  expect(failure.message).toContain('mtty-2');
  await expectStayedOnSource();
  expect(await ledgerFiles(lab.b)).toEqual([]);
});

async function lacksParent(): Promise<boolean> {
  return !(await lab.b.virsh('nodedev-list', '--cap', 'mdev_types')).includes(MTTY_PARENT);
}

/**
 * Between claim and move, as by an operator's hand; the source's agent is held still meanwhile. It has to be before the claim
 * is done, for which the destination's is held too.
 */
async function afterTheClaim(change: (target: string) => Promise<void>): Promise<Migration> {
  await startGuest(lab.a, guest);
  await freezeAgent(lab.b);
  const migration = await migrate();
  try {
    await activityCompleted(migration, 'inspectSource');
    await freezeAgent(lab.a);
    await thawAgent(lab.b);
    await activityCompleted(migration, 'claimOnDestination');
    const [target] = await activeMdevs(lab.b);
    if (target === undefined) throw new Error('the claim made no device on the destination');
    await change(target.uuid);
    expect(await hasJob(lab.a, guest.uuid)).toBe(false);
  } finally {
    await thawAgent(lab.b);
    await thawAgent(lab.a);
  }
  return migration;
}

test('the claimed device is deleted under our feet', async () => {
  const migration = await afterTheClaim(async (target) => {
    await lab.b.ssh(`virsh -q nodedev-destroy mdev_${target.replaceAll('-', '_')}_mtty`);
  });

  const failure = await failureOf(migration);

  expect(typeOf(failure)).toBe(ErrorType.MigrationFailed);
  expect(failure.message).toMatch(/mediated device '[0-9a-f-]+' not found/);
  await expectStayedOnSource();
  await expectDestinationClean();
});

test('the claimed device is replaced by one of another type', async () => {
  const migration = await afterTheClaim(async (target) => {
    await lab.b.ssh(`virsh -q nodedev-destroy mdev_${target.replaceAll('-', '_')}_mtty
      echo ${target} >/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/create`);
  });

  const failure = await failureOf(migration);

  expect(typeOf(failure)).toBe(ErrorType.MigrationFailed);
  await expectStayedOnSource();
  await expectDestinationClean();
});

test('the guest powers itself off during the migration', async () => {
  const migration = await endlessMigration();
  await powerOff(lab.a, guest.uuid);

  const failure = await failureOf(migration);

  expect(typeOf(failure)).toBe(ErrorType.GuestEnded);
  expect(await whereDefined(lab.hosts, guest.uuid)).toEqual({ [lab.a.name]: 'shut off' });
  expect(await qemuProcesses(lab.hosts, guest.uuid)).toEqual([]);
  await expectDestinationClean();
});

test('the migration is aborted in pre-copy', async () => {
  const migration = await endlessMigration();
  expect(await isRunning(migration, 'migrateGuest')).toBe(true);
  await migration.cancel();

  expect(await failureOf(migration)).toBeInstanceOf(CancelledFailure);

  await expectStayedOnSource();
  await expectDestinationClean();
});

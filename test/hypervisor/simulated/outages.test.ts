/** What is left after a fault at each point of a migration, as seen on real hosts. */
import type { Fault } from '../../../src/hypervisor/simulated';
import { makeRig } from './rig';

const RESTART_MS = 60_000;
/** Longer than libvirt's keepalive and the restart of a daemon. */
const ALL_OVER_MS = 120_000;

const ok = undefined;
const LOST_PEER = { code: 1, domain: 7, connectionLost: true };
const LOST_DAEMON = { code: 38, domain: 7, connectionLost: true };
const FAILED = { code: 9, domain: 10, connectionLost: false };

type Row = [
  what: string,
  fault: Fault,
  startPaused: boolean,
  error: typeof LOST_PEER | undefined,
  source: string,
  target: string,
  jammed: boolean,
];

const libvirtd = (
  phase: 'prepare' | 'perform' | 'switchover' | 'finish' | 'confirm',
  on: 'source' | 'target',
  otherRace = false,
): Fault => ({
  phase,
  on,
  kind: 'kill-libvirtd',
  restartAfterMs: RESTART_MS,
  otherRace,
});
const qemu = (phase: 'perform' | 'switchover' | 'finish' | 'confirm', on: 'source' | 'target'): Fault => ({
  phase,
  on,
  kind: 'kill-qemu',
});
const link = (phase: 'prepare' | 'perform' | 'switchover' | 'finish' | 'confirm'): Fault => ({
  phase,
  kind: 'link-down',
  healAfterMs: null,
});

const ROWS: Row[] = [
  [
    'source daemon killed in pre-copy',
    libvirtd('perform', 'source'),
    false,
    LOST_DAEMON,
    'running(booted)',
    'absent',
    true,
  ],
  [
    'source daemon killed at the switchover',
    libvirtd('switchover', 'source'),
    false,
    LOST_DAEMON,
    'running(migration-cancelled)',
    'absent',
    true,
  ],
  [
    'source daemon killed at Finish',
    libvirtd('finish', 'source'),
    false,
    LOST_DAEMON,
    'paused(migration)',
    'running(migrated)',
    false,
  ],
  [
    'source daemon killed at Finish, fenced',
    libvirtd('finish', 'source'),
    true,
    LOST_DAEMON,
    'paused(migration)',
    'paused(user)',
    true,
  ],
  [
    'source daemon killed at Finish, target not told',
    libvirtd('finish', 'source', true),
    true,
    LOST_DAEMON,
    'paused(migration)',
    'absent',
    true,
  ],
  [
    'source daemon killed late in Confirm',
    libvirtd('confirm', 'source', true),
    true,
    LOST_DAEMON,
    'shut-off(daemon)',
    'paused(user)',
    true,
  ],
  [
    'source daemon killed at Confirm, leftover',
    libvirtd('confirm', 'source'),
    true,
    LOST_DAEMON,
    'paused(migration)',
    'paused(user)',
    true,
  ],
  [
    'target daemon killed in pre-copy',
    libvirtd('perform', 'target'),
    false,
    LOST_PEER,
    'running(booted)',
    'absent',
    true,
  ],
  [
    'target daemon killed at Finish',
    libvirtd('finish', 'target'),
    false,
    LOST_PEER,
    'running(migration-cancelled)',
    'absent',
    true,
  ],
  [
    'target daemon killed at Confirm',
    libvirtd('confirm', 'target'),
    true,
    ok,
    'absent',
    'paused(user)',
    true,
  ],
  [
    'target QEMU killed in pre-copy',
    qemu('perform', 'target'),
    false,
    FAILED,
    'running(booted)',
    'absent',
    true,
  ],
  [
    'target QEMU killed at the switchover',
    qemu('switchover', 'target'),
    false,
    FAILED,
    'running(unpaused)',
    'absent',
    true,
  ],
  [
    'target QEMU killed at Finish',
    qemu('finish', 'target'),
    false,
    FAILED,
    'running(migration-cancelled)',
    'absent',
    true,
  ],
  [
    'target QEMU killed at Confirm',
    qemu('confirm', 'target'),
    false,
    ok,
    'absent',
    'shut-off(crashed)',
    false,
  ],
  [
    'source QEMU killed in pre-copy',
    qemu('perform', 'source'),
    false,
    FAILED,
    'shut-off(crashed)',
    'absent',
    true,
  ],
  [
    'source QEMU killed at the switchover',
    qemu('switchover', 'source'),
    false,
    FAILED,
    'shut-off(crashed)',
    'absent',
    true,
  ],
  ['source QEMU killed at Finish', qemu('finish', 'source'), false, ok, 'absent', 'running(migrated)', false],
  ['link down in pre-copy', link('perform'), false, LOST_PEER, 'running(booted)', 'absent', true],
  [
    'link down at the switchover',
    link('switchover'),
    false,
    LOST_PEER,
    'running(migration-cancelled)',
    'absent',
    true,
  ],
  [
    'link down at Finish: both run',
    link('finish'),
    false,
    LOST_PEER,
    'running(migration-cancelled)',
    'running(migrated)',
    false,
  ],
  [
    'link down at Finish, fenced: one runs',
    link('finish'),
    true,
    LOST_PEER,
    'running(migration-cancelled)',
    'paused(user)',
    true,
  ],
  ['link down at Confirm', link('confirm'), true, ok, 'absent', 'paused(user)', true],
];

test.each(ROWS)('%s', async (_what, fault, startPaused, error, source, target, jammed) => {
  const { clock, control, a, b, guest, startMigration } = await makeRig();
  await control.arm([fault]);
  const { failure } = await startMigration({ startPaused });
  clock.advance(ALL_OVER_MS);

  const failed = await failure;
  if (error) expect(failed).toMatchObject(error);
  else expect(failed).toBeUndefined();
  expect(await control.firedFaults()).toEqual([fault]);
  expect([inWords(await a.observe(guest)), inWords(await b.observe(guest))]).toEqual([source, target]);
  const { hosts } = await control.snapshot();
  expect(hosts['host-b']?.mdevs.map(({ resuming }) => resuming)).toEqual([jammed]);
});

test('only the link lost at Finish, without the fence, ever ran a guest twice', async () => {
  for (const [what, fault, startPaused] of ROWS) {
    const { clock, control, startMigration } = await makeRig();
    await control.arm([fault]);
    await startMigration({ startPaused });
    clock.advance(ALL_OVER_MS);
    expect([what, (await control.doubleRuns()).length]).toEqual([what, what.includes('both run') ? 1 : 0]);
  }
});

// 2 GiB over 1.5 GiB/s, then 60 ms each for the device, Finish and Confirm.
test.each([
  ['perform', 500, 1_334 + 180],
  ['switchover', 1_834, 180],
  ['finish', 1_894, 120],
] as const)(
  'a link that is back before libvirt gives up costs only time, from %s on',
  async (phase, strikesAt, leftMs) => {
    const { clock, control, a, b, guest, startMigration } = await makeRig();
    await control.arm([{ phase, kind: 'link-down', healAfterMs: 20_000 }]);
    const { failure } = await startMigration();
    clock.advance(strikesAt + 20_000 + leftMs - 10);
    expect(await a.observe(guest)).toMatchObject({ job: 'outgoing' });
    clock.advance(20);
    expect(await failure).toBeUndefined();
    expect(inWords(await b.observe(guest))).toBe('running(migrated)');
  },
);

test('nothing is sent while the link is down, and nothing is sent twice', async () => {
  const { clock, control, a, guest, startMigration } = await makeRig();
  const { failure } = await startMigration();
  clock.advance(500 + 1_000);
  await control.cutLink('host-a', 'host-b');
  const sent = { memProcessed: 1.5 * 2 ** 30, iteration: 1 };
  clock.advance(20_000);
  expect(await a.jobStats(guest)).toMatchObject({ ...sent, memBps: 0 });
  await a.setBandwidth(guest, 768);
  await control.healLink('host-a', 'host-b');
  expect(await a.jobStats(guest)).toMatchObject({ ...sent, memBps: 0.75 * 2 ** 30 });
  clock.advance(640);
  expect(await a.observe(guest)).toMatchObject({ state: 'running' });
  clock.advance(50);
  expect(await a.observe(guest)).toMatchObject({ state: 'paused' });
  clock.advance(200);
  expect(await failure).toBeUndefined();
});

test('a dead daemon answers nobody, and its guest goes on', async () => {
  const { clock, control, a, guest } = await makeRig();
  await control.killLibvirtd('host-a', 1_000);
  await expect(a.observe(guest)).rejects.toMatchObject({ code: 38, domain: 7, connectionLost: true });
  expect(await control.runningCopies(guest)).toEqual(['host-a']);
  clock.advance(1_000);
  expect(await a.observe(guest)).toMatchObject({ state: 'running', job: 'none' });
});

test('a held connection does not outlive the daemon behind it, nor a link that stays silent', async () => {
  const { clock, control, a, guest } = await makeRig();
  const lost = { code: 1, domain: 7, connectionLost: true };
  const toOldDaemon = await a.connectPeer('sim://host-b/system');
  await control.killLibvirtd('host-b', 0);
  await expect(toOldDaemon.observe(guest)).rejects.toMatchObject(lost);

  const overLink = await a.connectPeer('sim://host-b/system');
  await control.cutLink('host-a', 'host-b');
  const asked = overLink.observe(guest).catch((error: unknown) => error);
  await expect(a.connectPeer('sim://host-b/system')).rejects.toMatchObject({ code: 38, domain: 7 });
  clock.advance(30_000);
  expect(await asked).toMatchObject(lost);
  await control.healLink('host-a', 'host-b');
  await expect(overLink.observe(guest)).rejects.toMatchObject(lost);
  expect(await (await a.connectPeer('sim://host-b/system')).observe(guest)).toEqual({ state: 'absent' });
});

test('a host that cannot be reached refuses the migration before anything starts', async () => {
  const { control, a, guest, request } = await makeRig();
  await control.killLibvirtd('host-b');
  await expect(a.migrate(guest, request)).rejects.toMatchObject({ code: 9, domain: 10 });
  await control.startLibvirtd('host-b');
  await expect(a.migrate(guest, { ...request, targetUri: 'sim://nowhere/system' })).rejects.toMatchObject({
    code: 9,
    domain: 10,
  });
  expect(inWords(await a.observe(guest))).toBe('running(booted)');
});

function inWords(seen: { state: string; reason?: string }): string {
  return seen.reason === undefined ? seen.state : `${seen.state}(${seen.reason})`;
}

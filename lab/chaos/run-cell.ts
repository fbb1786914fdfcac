/** One cell: a healthy guest, a migration, a strike at its point, the mending, the end, and what the hosts say then. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LabHost } from '../src/host';
import type { Migration } from '../src/migrations';
import { type Cell, type Played, nameOf } from './cell';
import { type Before, before, harmDone, leftBehind } from './checks';
import { copiesSeenMax } from './copies';
import { keepEvidence, keepStates } from './evidence';
import { FAULT } from './faults';
import { type End, followToEnd } from './follow';
import type { Ground } from './ground';
import { GuestEvents } from './guest-events';
import { PointMissed } from './points';
import type { Scene } from './scene';
import { type Struck, strikeAtPoint } from './strike';
import { States } from './states';
import { resolveSplit } from './resolve';
import { type Resolved, type Seen, RESUMED_WITHIN_MS, verdictOf, wordOf } from './verdict';

/** A cut that would last until the end is mended at last: something may wait for it. */
const MEND_AT_LAST_MS = 100_000;
const TRIES = 3;

export async function runCell(ground: Ground, cell: Cell): Promise<Played> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(ground, cell);
    } catch (error) {
      const folder = await keepEvidence(ground, cell, String(error));
      console.error(`chaos: ${nameOf(cell)} could not be run; see ${folder}`);
      await ground.mendAll();
      if (!(error instanceof PointMissed) || attempt === TRIES) throw error;
      console.error(`chaos: ${nameOf(cell)}: ${error.message}; once more`);
    }
  }
}

async function runOnce(ground: Ground, cell: Cell): Promise<Played> {
  const source = await ground.healthyGuest();
  const scene = sceneOf(ground, cell, source);
  try {
    const was = await before(ground.lab.hosts, source, ground.guest);
    for (const host of [source, scene.destination]) ground.sampler(host).reset();
    const struck = await Promise.race([strikeAtPoint(scene), endedTooEarly(scene)]);
    const states = new States(ground.guest.uuid, { source, destination: scene.destination }, struck.atMs);
    try {
      await struck.release();
      const { end, runsAgainMs } = await mendAndFollow(ground, scene, struck);
      const seen = await look(ground, scene, was, end, struck);
      const split = end.how === 'attention' && seen.runsOn === 'both';
      const resolved = split ? await resolveSplit(ground, scene, was) : null;
      await keepStates(ground, cell, states.changes);
      return await closeCell(ground, cell, { ...seen, runsAgainMs, resolved });
    } finally {
      states.stop();
    }
  } finally {
    scene.events.source.end();
    scene.events.destination.end();
  }
}

export function sceneOf(ground: Ground, cell: Cell, source: LabHost): Scene {
  const destination = ground.other(source);
  let started: Migration | undefined;
  return {
    ended: async () => {
      const status = (await started?.describe())?.status.name ?? 'RUNNING';
      return status === 'RUNNING' ? undefined : status;
    },
    ...{ cell, product: ground.product, guest: ground.guest, source, destination },
    events: { source: GuestEvents.of(source), destination: GuestEvents.of(destination) },
    start: async (policy) => {
      const hosts = { source: source.name, destination: destination.name };
      const asked = {
        guest: ground.guest.uuid,
        ...hosts,
        policy: { switchover: cell.switchover, ...policy },
      };
      started = await ground.migrations.start(asked, '20 minutes');
    },
    get migration() {
      if (started === undefined) throw new Error('the migration has not been started');
      return started;
    },
  };
}

/** Rejects if the migration ends before it was struck; otherwise it stays silent. */
async function endedTooEarly(scene: Scene): Promise<never> {
  for (;;) {
    await pause(2_000, undefined, { ref: false });
    const end = await scene.ended().catch(() => undefined);
    if (end) throw new PointMissed(`the migration ended before its point: ${end}`);
  }
}

async function mendAndFollow(
  ground: Ground,
  scene: Scene,
  struck: Struck,
): Promise<{ end: End; runsAgainMs: number | null }> {
  const fault = FAULT[scene.cell.fault];
  let ended = false;
  let mendedAt = Infinity;
  const following = followToEnd(scene.migration, () => mendedAt).finally(() => (ended = true));
  let runsAgainMs: number | null = null;
  if (scene.cell.fault === 'source-agent-gone')
    runsAgainMs = await untilItRunsAgain(ground, scene, struck.atMs);
  else if (fault.lastsMs === 'until-settled')
    await Promise.race([following, pause(MEND_AT_LAST_MS, undefined, { ref: false })]);
  else await pause(fault.lastsMs);
  await fault.mend(scene);
  await ground.allReady();
  mendedAt = Date.now();
  if (scene.cell.point === 'pre-copy') await letGo(scene, () => ended);
  return { end: await following, runsAgainMs };
}

/**
 * Without the agent that should resume it. Counted from the strike, or, with the fence, from when libvirt has brought the
 * guest over and holds it: that part is libvirt's, and lasts for as long as the memory takes.
 */
async function untilItRunsAgain(ground: Ground, scene: Scene, struckAt: number): Promise<number | null> {
  const fenced = scene.cell.switchover === 'fenced';
  const giveUp = Date.now() + MEND_AT_LAST_MS;
  while (Date.now() < giveUp) {
    const readyAt = fenced ? scene.events.destination.last('Suspended Paused') : struckAt;
    const since = Math.max(struckAt, readyAt ?? Infinity);
    if (ground.countsOn(scene.destination, since)) return Date.now() - since;
    if (Date.now() > since + RESUMED_WITHIN_MS) return null;
    await pause(100);
  }
  return null;
}

/** Held in pre-copy until now: a job that is still there may switch over. */
export async function letGo(scene: Scene, ended: () => boolean): Promise<void> {
  while (!ended()) {
    await scene.source.tryVirsh('migrate-setspeed', scene.guest.uuid, '1024');
    await scene.source.tryVirsh('migrate-setmaxdowntime', scene.guest.uuid, '60000');
    await pause(1_000);
  }
}

async function look(
  ground: Ground,
  scene: Scene,
  was: Before,
  end: End,
  struck: Struck,
): Promise<Omit<Seen, 'runsAgainMs' | 'resolved'>> {
  const { guest, lab } = ground;
  await Promise.all([lab.a, lab.b].map((host) => ground.sampler(host).works()));
  const counting = await ground.whereItCounts();
  const left = await leftBehind(lab.hosts, guest);
  const [host, ...more] = counting;
  const alone = host !== undefined && more.length === 0;
  const moved = alone && host.name === scene.destination.name;
  return {
    runsOn: alone ? (moved ? 'destination' : 'source') : host === undefined ? 'none' : 'both',
    copiesSeenMax: copiesSeenMax([lab.a, lab.b].map((each) => ground.sampler(each).taken())),
    ...{ leakedMdevs: left.mdevs, leakedClaims: left.claims },
    harm: alone ? await harmDone(lab.hosts, { host, from: moved ? scene.source : null }, guest, was) : [],
    ...{ end, settledMs: end.atMs - struck.atMs },
  };
}

async function closeCell(ground: Ground, cell: Cell, seen: Seen): Promise<Played> {
  const verdict = verdictOf(cell, seen);
  if (verdict !== 'ok') console.error(`chaos: see ${await keepEvidence(ground, cell, verdict)}`);
  if (verdict !== 'ok' || seen.runsOn === 'none') await ground.makeAnew();
  const left = seen.resolved ?? seen;
  return {
    ...cell,
    guestRunsOn: seen.runsOn,
    copiesSeenMax: seen.copiesSeenMax,
    settledMs: seen.settledMs,
    leakedMdevs: left.leakedMdevs.length,
    leakedClaims: left.leakedClaims.length,
    ...(cell.fault === 'source-agent-gone' && { runsAgainMs: seen.runsAgainMs }),
    workflow: wordOf(seen),
    ...(seen.resolved && { resolved: inWords(seen.resolved) }),
    verdict,
  };
}

function inWords(resolved: Resolved): string {
  const seconds = (resolved.tookMs / 1000).toFixed(1);
  return `guest is on the ${resolved.keep}: ${wordOf(resolved)} after ${seconds} s`;
}

/** Brings the migration to its point and strikes there. */
import { FAULT } from './faults';
import { Armed, PHASE_LINE } from './on-host';
import { type Release, reach, startTowardsFinish } from './points';
import type { Scene } from './scene';

/** A shell that waits in a host needs a tenth of this. */
const INSIDE_LIMIT_MS = 20_000;

export interface Struck {
  atMs: number;
  /** What was held still for the strike goes on. */
  release: Release;
}

export async function strikeAtPoint(scene: Scene): Promise<Struck> {
  const { strike } = FAULT[scene.cell.fault];
  if (strike.where === 'outside') {
    const release = await reach(scene.cell.point, scene);
    await strike.strike(scene);
    return { atMs: Date.now(), release };
  }
  // These take a tenth of a second: only what waits in the host, at that line of the log, can strike in them.
  const { point } = scene.cell;
  const phase = point === 'finish' || point === 'confirm' ? PHASE_LINE[point] : undefined;
  const armed = phase
    ? await Armed.atLogLine(scene[strike.on], phase[strike.on], strike.action)
    : await Armed.byHand(scene[strike.on], strike.action);
  try {
    return phase ? await strikeByItself(scene, armed) : await strikeByWord(scene, armed);
  } finally {
    armed.disarm();
  }
}

async function strikeByItself(scene: Scene, armed: Armed): Promise<Struck> {
  await startTowardsFinish(scene);
  await armed.struck();
  return { atMs: Date.now(), release: () => Promise.resolve() };
}

async function strikeByWord(scene: Scene, armed: Armed): Promise<Struck> {
  const release = await reach(scene.cell.point, scene);
  armed.fire();
  await armed.struck(INSIDE_LIMIT_MS);
  return { atMs: Date.now(), release };
}

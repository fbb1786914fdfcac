/** Ends a split brain as an operator would: by the update `resolve`, with both copies still running. */
import type { CommandAnswer, Resolution } from '../../src/contract';
import type { LabHost } from '../src/host';
import { waitUntil } from '../src/wait';
import type { Cell } from './cell';
import { type Before, harmAfterSplit, leftBehind } from './checks';
import { followPastAttention } from './follow';
import type { Ground } from './ground';
import type { Scene, Side } from './scene';
import type { Resolved } from './verdict';

/** A copy that was ended is gone from the process list by then, or it was not ended. */
const GONE_WITHIN_MS = 30_000;

/** The long cut is decided for the destination, the short one for the source, so that both are shown. */
export function sideToKeep({ fault }: Pick<Cell, 'fault'>): Side {
  return fault === 'link-cut' ? 'destination' : 'source';
}

export async function resolveSplit(ground: Ground, scene: Scene, was: Before): Promise<Resolved> {
  const keep = sideToKeep(scene.cell);
  const { source, destination, migration } = scene;
  const [kept, losing] = keep === 'source' ? [source, destination] : [destination, source];
  const asked = Date.now();
  await migration.executeUpdate<CommandAnswer, [Resolution]>('resolve', { args: [{ guestIsOn: keep }] });
  const end = await followPastAttention(migration);
  const tookMs = end.atMs - asked;
  const gone = await isGone(ground, losing);
  const counting = await ground.whereItCounts();
  const left = await leftBehind(ground.lab.hosts, ground.guest);
  return {
    ...{ keep, end, tookMs },
    leakedMdevs: left.mdevs,
    leakedClaims: left.claims,
    harm: [
      ...(gone ? [] : [`the other copy still has a process on ${losing.name}`]),
      ...(counting.map(({ name }) => name).join() === kept.name
        ? await harmAfterSplit(ground.lab.hosts, kept, ground.guest, was)
        : [`after resolve it counts on: ${counting.map(({ name }) => name).join(', ')}`]),
    ],
  };
}

async function isGone(ground: Ground, host: LabHost): Promise<boolean> {
  const none = (): boolean => ground.sampler(host).taken().at(-1)?.processes === 0;
  return waitUntil('the losing copy to go', none, { timeoutMs: GONE_WITHIN_MS }).then(
    () => true,
    () => false,
  );
}

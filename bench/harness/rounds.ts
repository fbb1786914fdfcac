/** Things measured in turn, round by round, so that what else the machine does falls on all of them. */

export type Measured<Name extends string> = Record<Name, number[]>;

export interface RoundsOptions {
  rounds: number;
  /** Rounds before the first that counts: what they load, the later ones find loaded. */
  warmUps?: number;
  say?: ((line: string) => void) | undefined;
}

/** Each round begins with another of them, lest one always profit from what its predecessor did. */
export async function interleaved<Name extends string>(
  { rounds, warmUps = 1, say }: RoundsOptions,
  measures: Record<Name, () => Promise<number> | number>,
): Promise<Measured<Name>> {
  const names = Object.keys(measures) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Measured<Name>;
  for (let round = -warmUps; round < rounds; round++) {
    for (const name of turned(names, round + warmUps)) {
      const value = await measures[name]();
      if (round >= 0) values[name].push(value);
    }
    if (round >= 0) say?.(`round ${round + 1} of ${rounds}: ${lastOf(names, values)}`);
  }
  return values;
}

export function turned<T>(list: readonly T[], by: number): T[] {
  const start = by % Math.max(1, list.length);
  return [...list.slice(start), ...list.slice(0, start)];
}

function lastOf<Name extends string>(names: Name[], values: Measured<Name>): string {
  return names.map((name) => `${name} ${Number(values[name].at(-1)!.toPrecision(3))}`).join(', ');
}

export async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

/** Migrations and bare workflows on a stack: one, or so many in flight. */
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import type { MigrationResult } from '../../src/contract';
import { startMigration } from '../../src/temporal/migrations';
import { BARE_QUEUE, bareSteps, roundTrips } from './bare';
import { guestUuid, hostsOf } from './plan';
import type { Stack } from './stack';

export interface Guest {
  uuid: string;
  pair: number;
  /** Index in its pair's hosts. */
  at: 0 | 1;
}

/** Guests of a stack with where they are, handed out pair by pair. */
export class Guests {
  readonly all: readonly Guest[];
  /** Why migrations have failed; their guests are expected where they were. */
  readonly failures: string[] = [];
  private readonly idle: Guest[];

  constructor({ plan }: Stack) {
    this.all = Array.from({ length: plan.guestsPerPair }, (_, i) =>
      Array.from({ length: plan.pairs }, (_, pair): Guest => ({ uuid: guestUuid(pair, i), pair, at: 0 })),
    ).flat();
    this.idle = [...this.all];
  }

  take(): Guest {
    const guest = this.idle.shift();
    if (!guest) throw new Error('more migrations in flight than guests');
    return guest;
  }

  /** Of one that has gone over. */
  put(guest: Guest): void {
    this.idle.push(guest);
  }
}

export async function migrate(stack: Stack, guest: Guest): Promise<void> {
  const hosts = hostsOf(guest.pair);
  const there = guest.at === 0 ? 1 : 0;
  const handle = await startMigration(stack.client, {
    guest: guest.uuid,
    source: hosts[guest.at],
    destination: hosts[there],
  });
  const result: MigrationResult = await handle.result();
  if (result.destination !== hosts[there])
    throw new Error(`guest ${guest.uuid} went to ${result.destination}, not to ${hosts[there]}`);
  guest.at = there;
}

export async function bare(stack: Stack, pair: number): Promise<void> {
  const [source, destination] = hostsOf(pair);
  await runBare(stack, bareSteps(source, destination));
}

/** Milliseconds of each, of so many one after another in one workflow. */
export async function roundTripMs(stack: Stack, pair: number, count: number): Promise<number> {
  const startedAt = performance.now();
  await runBare(stack, roundTrips(hostsOf(pair)[0], count));
  return (performance.now() - startedAt) / count;
}

async function runBare({ client }: Stack, queues: string[]): Promise<void> {
  await client.workflow.execute('Bare', {
    taskQueue: BARE_QUEUE,
    workflowId: `bare-${randomUUID()}`,
    args: [{ queues }],
  });
}

export interface Load {
  inFlight: number;
  count: number;
}

/** So many in flight until so many have ended; answers with how many ended in a second. */
export async function throughput({ inFlight, count }: Load, one: () => Promise<void>): Promise<number> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (count * 1000) / (performance.now() - startedAt);
}

export function migrateOneOf(stack: Stack, guests: Guests): () => Promise<void> {
  return async () => {
    const guest = guests.take();
    await migrate(stack, guest).catch((error: unknown) => {
      if (!(error instanceof WorkflowFailedError)) throw error;
      guests.failures.push(error.cause?.message ?? error.message);
    });
    guests.put(guest);
  };
}

export function bareOneOf(stack: Stack): () => Promise<void> {
  let next = 0;
  return () => bare(stack, next++ % stack.plan.pairs);
}

/** How many guests do not run on the one host that their last migration took them to, or ran twice. */
export async function misplaced(stack: Stack, guests: Guests): Promise<number> {
  const { runsOn, doubleRuns } = await stack.placement();
  return (
    guests.all.filter(({ uuid, pair, at }) => runsOn[uuid]?.join() !== hostsOf(pair)[at]).length + doubleRuns
  );
}

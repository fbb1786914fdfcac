/** One migration at a time, beside empty activities on the same server, and beside a server that is not tuned. */
import { migrationWorkflowId } from '../../src/contract';
import { type FleetPlan, SMALL_FLEET } from '../fleet/plan';
import { Stack } from '../fleet/stack';
import { type Guest, Guests, bareOneOf, migrate, roundTripMs } from '../fleet/work';
import { atMost, figure } from '../harness/figure';
import type { SuiteOutput } from '../harness/results';
import { interleaved, timed } from '../harness/rounds';
import type { Context } from '../harness/suite';
import { timelineOf } from './timeline';

/** The distribution of what takes a third of a second is worth more rounds than throughput's. */
export const ROUNDS_EACH = 20;
export const WARM_UPS = 5;
/** In one workflow, so that its start and its end are but a small part of each. */
export const ROUND_TRIPS = 10;
const MOST_EVENTS = 40;
const MOST_BYTES = 10 * 1024;
/** Five steps, each a round trip, and a sixth for all that a migration does besides. */
const MOST_ROUND_TRIPS = 6;

export const PLAN: FleetPlan = { ...SMALL_FLEET, pairs: 5 };

interface Lengths {
  events: number[];
  bytes: number[];
}

export async function latency(context: Context): Promise<SuiteOutput> {
  const { folder, quick, say } = context;
  say('one migration at a time');
  const tuned = await Stack.start({ plan: PLAN, folder });
  const untuned = await Stack.start({ plan: PLAN, folder, server: 'untuned' }).catch(
    async (error: unknown) => {
      await tuned.stop();
      throw error;
    },
  );
  try {
    return await measure(tuned, untuned, quick ? context.rounds : context.rounds * ROUNDS_EACH);
  } finally {
    await untuned.stop();
    await tuned.stop();
  }
}

async function measure(tuned: Stack, untuned: Stack, rounds: number): Promise<SuiteOutput> {
  const lengths: Lengths = { events: [], bytes: [] };
  const [guests, guestsUntuned] = [new Guests(tuned), new Guests(untuned)];
  let last: Guest | undefined;
  const values = await interleaved(
    { rounds, warmUps: WARM_UPS },
    {
      migration: () => timedOne(tuned, guests, (guest) => (last = guest)),
      bare: () => timed(bareOneOf(tuned)),
      roundTrip: () => roundTripMs(tuned, 0, ROUND_TRIPS),
      untuned: () => timedOne(untuned, guestsUntuned),
      history: async () => {
        if (last) await readLengths(tuned, last, lengths);
        return 0;
      },
    },
  );
  const { migration, bare, roundTrip } = values;
  const unit = 'ms';
  return {
    figures: [
      figure({
        ...{ name: 'one migration of no work, beside one empty activity', unit, values: migration },
        baseline: {
          name: `an empty activity's round trip, of ${ROUND_TRIPS} in one workflow`,
          values: roundTrip,
        },
        goal: atMost('ratio', MOST_ROUND_TRIPS),
      }),
      figure({
        ...{ name: 'one migration of no work, beside a bare workflow', unit, values: migration },
        baseline: { name: 'a workflow that calls five empty activities', values: bare },
      }),
      figure({
        ...{ name: 'one migration of no work, on a server as it comes', unit, values: values.untuned },
        baseline: { name: 'on the embedded server', values: migration },
      }),
      figure({
        name: 'history of one migration',
        unit: 'events',
        values: lengths.events,
        goal: atMost('p95', MOST_EVENTS),
      }),
      figure({
        name: 'size of that history',
        unit: 'bytes',
        values: lengths.bytes,
        goal: atMost('p95', MOST_BYTES),
      }),
    ],
    timelines: last ? [await timelineOf(tuned.client, migrationWorkflowId(last.uuid))] : [],
  };
}

export async function timedOne(stack: Stack, guests: Guests, done?: (guest: Guest) => void): Promise<number> {
  const guest = guests.take();
  const ms = await timed(() => migrate(stack, guest));
  guests.put(guest);
  done?.(guest);
  return ms;
}

async function readLengths({ client }: Stack, { uuid }: Guest, { events, bytes }: Lengths): Promise<void> {
  const { historyLength, historySize } = await client.workflow
    .getHandle(migrationWorkflowId(uuid))
    .describe();
  events.push(historyLength);
  bytes.push(historySize ?? NaN);
}

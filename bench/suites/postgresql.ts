/** The control plane again, with PostgreSQL behind Temporal instead of the embedded server's file. */
import { Stack } from '../fleet/stack';
import { Guests, bareOneOf, roundTripMs } from '../fleet/work';
import { type Figure, figure } from '../harness/figure';
import { interleaved, timed } from '../harness/rounds';
import type { Context, Suite } from '../harness/suite';
import { PLAN, ROUNDS_EACH, ROUND_TRIPS, WARM_UPS, timedOne } from './latency';
import { throughputs } from './throughput';

export const postgresql: Suite = {
  name: 'postgresql',
  summary:
    "the control plane with PostgreSQL behind Temporal; needs Debian's postgresql, and go to build the server",
  minutes: 35,
  rounds: 3,
  async run(context) {
    const { figures, versions } = await latencies(context);
    const { quick } = context;
    const cell = quick
      ? { hosts: 4, inFlight: [1, 8], counts: [2, 16] }
      : { hosts: 10, inFlight: [1, 10, 100, 1000], counts: [20, 100, 300, 1000] };
    const load = await throughputs(context, [{ ...cell, server: 'postgresql' }], {
      name: 'throughput-postgresql',
      title: 'With PostgreSQL: migrations of no work, and bare workflows with as many empty activities',
    });
    return { ...load, figures: [...figures, ...load.figures], versions };
  },
};

async function latencies({
  folder,
  quick,
  rounds,
  say,
}: Context): Promise<{ figures: Figure[]; versions: Record<string, string> }> {
  const stack = await Stack.start({ plan: PLAN, folder, server: 'postgresql', say });
  const embedded = await Stack.start({ plan: PLAN, folder, bare: false }).catch(async (error: unknown) => {
    await stack.stop();
    throw error;
  });
  try {
    say('one migration at a time');
    const [guests, guestsEmbedded] = [new Guests(stack), new Guests(embedded)];
    const values = await interleaved(
      { rounds: quick ? rounds : rounds * ROUNDS_EACH, warmUps: WARM_UPS },
      {
        migration: () => timedOne(stack, guests),
        bare: () => timed(bareOneOf(stack)),
        roundTrip: () => roundTripMs(stack, 0, ROUND_TRIPS),
        embedded: () => timedOne(embedded, guestsEmbedded),
      },
    );
    const beside = (what: string, name: string, baseline: number[]): Figure =>
      figure({
        ...{ name: `one migration of no work, beside ${what}`, unit: 'ms', values: values.migration },
        baseline: { name, values: baseline },
      });
    return {
      figures: [
        beside('the embedded server', 'on the embedded server', values.embedded),
        beside(
          'one empty activity',
          `an empty activity's round trip, of ${ROUND_TRIPS} in one workflow`,
          values.roundTrip,
        ),
        beside('a bare workflow', 'a workflow that calls five empty activities', values.bare),
      ],
      versions: stack.server.versions ?? {},
    };
  } finally {
    await embedded.stop();
    await stack.stop();
  }
}

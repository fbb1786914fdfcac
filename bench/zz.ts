import { Stack } from './fleet/stack';
import { SMALL_FLEET, guestUuid } from './fleet/plan';
import { migrate, bareOneOf, Guests, migrateOneOf, throughput, misplaced } from './fleet/work';
import { timed } from './harness/rounds';
async function main() {
  const n = 500;
    const t0 = Date.now();
    const stack = await Stack.start({ plan: { ...SMALL_FLEET, pairs: n, guestsPerPair: 2 }, folder: '/tmp', bare: true });
    console.log(n * 2, 'hosts up', (Date.now() - t0) / 1000, JSON.stringify(stack.usage()));
    const g = new Guests(stack); const m = migrateOneOf(stack, g); const b = bareOneOf(stack);
    for (let i = 0; i < 6; i++) console.log(Math.round(await timed(m)), Math.round(await timed(b)));
    console.log('100', await throughput({ inFlight: 100, count: 200 }, m), await throughput({ inFlight: 100, count: 200 }, b), JSON.stringify(stack.usage()));
    console.log('1000', await throughput({ inFlight: 1000, count: 1000 }, m), await misplaced(stack, g), await throughput({ inFlight: 1000, count: 1000 }, b), JSON.stringify(stack.usage()), (Date.now() - t0) / 1000);
    await stack.stop();
}
main().then(() => process.exit(), (e) => { console.error(e); process.exit(1); });

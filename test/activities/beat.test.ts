/** Short steps tell that their agent lives, also while the hypervisor keeps them waiting. */
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { HostPair, type TestHost, attempt, attemptAt, heartbeats } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

/** The hypervisor's next answer to this call takes until it is let go. */
function slow({ hypervisor }: TestHost, call: 'observe' | 'listDomains'): () => void {
  let letGo: () => void = () => undefined;
  const wait = new Promise<void>((resolve) => (letGo = resolve));
  const answer = hypervisor[call].bind(hypervisor) as (...args: unknown[]) => Promise<never>;
  jest.spyOn(hypervisor, call).mockImplementationOnce(async (...args: unknown[]) => {
    await wait;
    return answer(...args);
  });
  return letGo;
}

async function beats(step: () => Promise<string[]>, letGo: () => void): Promise<void> {
  const { env, end } = attemptAt(step);
  await heartbeats(env, 2);
  letGo();
  expect(await end).toEqual([]);
}

test('finalize', async () => {
  const { claim, facts, input } = await pair.prepare(guest);
  const { pausedByUser } = await attempt(pair.a, input).end;
  const asked = {
    migration: input.migration,
    claimId: claim.claimId,
    mdevs: claim.mdevs.map(({ target }) => target),
    persistent: facts.persistent,
    autostart: facts.autostart,
    pausedByUser,
  };
  await beats(() => pair.b.steps.finalizeOnDestination(asked), slow(pair.b, 'observe'));
});

test('clean up', async () => {
  const { facts, input } = await pair.prepare(guest);
  await attempt(pair.a, input).end;
  const mdevs = facts.mdevs.map(({ uuid }) => uuid);
  const asked = { migration: input.migration, mdevs, policy: 'keep' as const };
  await beats(() => pair.a.steps.cleanUpSource(asked), slow(pair.a, 'observe'));
});

test('release', async () => {
  const { claim, input } = await pair.prepare(guest);
  const asked = { migration: input.migration, claimId: claim.claimId, recycle: false };
  await beats(() => pair.b.steps.releaseClaim(asked), slow(pair.b, 'listDomains'));
});

test('what is over at once sends none: its end would wait for it', async () => {
  const { facts, input } = await pair.prepare(guest);
  await attempt(pair.a, input).end;
  const mdevs = facts.mdevs.map(({ uuid }) => uuid);
  const asked = { migration: input.migration, mdevs, policy: 'keep' as const };
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  const { env, end } = attemptAt(async () => {
    await new Promise(setImmediate); // until somebody listens
    return pair.a.steps.cleanUpSource(asked);
  });
  const beat = jest.fn();
  env.on('heartbeat', beat);
  expect(await end.finally(() => jest.useRealTimers())).toEqual([]);
  expect(beat).not.toHaveBeenCalled();
});

/** Asking the hosts what they have: found by their schedules, and told apart when they do not answer. */
import { SAMPLE_GUEST } from '../../src/hypervisor/simulated';
import { type HostAnswer, askHosts, knownHosts } from '../../src/temporal/hosts';
import { type Ferry, useFerry } from '../support/ferry';
import { until } from '../support/until';

let ferry: Ferry;
useFerry((made) => (ferry = made));

const NOBODY = 'no agent answers';

/** Asked again: an agent that answers later than in three seconds, on a machine that stood still, counts as none. */
async function answersThat(are: (all: HostAnswer[]) => boolean): Promise<HostAnswer[]> {
  let all: HostAnswer[] = [];
  await until(async () => are((all = await askHosts(ferry.client, ['host-a', 'host-b']))));
  return all;
}

test('each agent tells of its own host', async () => {
  const [a, b] = await answersThat((all) => all.every(({ answers }) => answers));
  expect(a).toMatchObject({
    answers: true,
    inventory: { host: 'host-a', guests: [expect.objectContaining({ uuid: SAMPLE_GUEST.uuid })] },
  });
  expect(b).toMatchObject({ answers: true, inventory: { host: 'host-b', guests: [] } });
});

test('a host without an agent is said so within seconds; the others are told all the same', async () => {
  await ferry.stopAgent('host-b');
  const [a, b] = await answersThat(([first]) => first!.answers);
  expect(a).toMatchObject({ answers: true });
  expect(b).toEqual({ host: 'host-b', answers: false, found: NOBODY });
});

test('a hypervisor that does not answer is told in its own words', async () => {
  await ferry.fleet.arm([
    {
      call: 'listDomains',
      host: 'host-a',
      effect: 'none',
      kind: 'call-error',
      code: 38,
      domain: 7,
      text: 'daemon is away',
    },
  ]);
  const [a] = await answersThat(([first]) => !first!.answers && first!.found !== NOBODY);
  expect(a).toMatchObject({ answers: false, found: expect.stringContaining('daemon is away') });
});

test('a host whose agent sweeps is known, also when that agent has gone', async () => {
  await ferry.stopAgent('host-b');
  await ferry.startAgent('host-b', 60);
  await until(async () => (await knownHosts(ferry.client)).includes('host-b'));
  await ferry.stopAgent('host-b');
  expect(await knownHosts(ferry.client)).toContain('host-b');
});

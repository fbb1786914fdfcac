/** Temporal as the doctor sees it: with all of ours there, with nobody, with a wrong namespace, with no server. */
import { temporalSettings } from '../../src/temporal/connection';
import { lookAtTemporal } from '../../src/doctor/temporal';
import { type Ferry, useFerry } from '../support/ferry';
import { until } from '../support/until';

let ferry: Ferry;
useFerry((made) => (ferry = made));

async function look(
  host: string | null,
  override: { address?: string; namespace?: string } = {},
): Promise<string[]> {
  const { address } = ferry;
  const settings = temporalSettings({ address, namespace: 'default', ...override }, {});
  return (await lookAtTemporal(settings, host)).map(
    ({ verdict, subject, found }) => `${verdict} ${subject}: ${found}`,
  );
}

const CODEC_OFF =
  'ok payload codec: off (no VGPU_FERRY_CODEC_KEYS): nothing is encrypted here, and nothing that is can be read';

test('all well, on a host', async () => {
  let seen: string[] = [];
  // an agent that answers later than in three seconds counts as none, an orchestrator that does not ask yet too
  await until(async () => (seen = await look('host-a')).every((line) => line.startsWith('ok ')));
  expect(seen).toEqual([
    CODEC_OFF,
    expect.stringMatching(/^ok server: 127\.0\.0\.1:\d+, version \d/),
    expect.stringMatching(/^ok namespace default: what has ended is kept for \d+ day/),
    'ok search attributes: all there',
    expect.stringMatching(/^ok orchestrator: vgpu-ferry orchestrator \(pid \d+\)/),
    expect.stringMatching(/^ok agent of host-a: answers, protocol \d/),
    ...seen.filter((line) => line.includes('agent of host-b')),
  ]);
});

test("this host's own agent is missed, also when no host is known by that name", async () => {
  expect(await look('host-z')).toContain("warn agent of host-z: no agent answers (this host's own)");
});

test('a namespace that is not there, with how to make it', async () => {
  const settings = temporalSettings({ address: ferry.address, namespace: 'nowhere' }, {});
  const [, , namespace, ...rest] = await lookAtTemporal(settings, null);
  expect(namespace).toMatchObject({
    verdict: 'fail',
    fix: expect.stringContaining('temporal operator namespace create --namespace nowhere'),
  });
  expect(rest).toEqual([]);
});

test('no server', async () => {
  expect(await look(null, { address: '127.0.0.1:1' })).toEqual([
    CODEC_OFF,
    expect.stringMatching(/^fail server: No Temporal server answers at 127\.0\.0\.1:1/),
  ]);
});

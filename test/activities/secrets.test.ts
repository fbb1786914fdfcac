/** No XML and no password leaves a host except to libvirt: not in results, failures, heartbeats or logs. */
import type { ApplicationFailure } from '@temporalio/common';
import { SAMPLE_GUEST, SAMPLE_VNC_PASSWORD } from '../../src/hypervisor/simulated';
import { HostPair, attempt, failureOf } from './host-pair';

const guest = SAMPLE_GUEST.uuid;
const SECRET = new RegExp(`${SAMPLE_VNC_PASSWORD}|<domain |<graphics|<hostdev|passwd`);
let pair: HostPair;
beforeEach(async () => {
  pair = await HostPair.make();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await pair.close();
});

/** All that Temporal would keep of a failure. */
function textOf(failure: ApplicationFailure): string {
  return JSON.stringify([failure.message, failure.stack, failure.details, String(failure.cause)]);
}

test('of a whole migration, which hands both to libvirt', async () => {
  const migrate = jest.spyOn(pair.a.hypervisor, 'migrate');
  const prepared = await pair.prepare(guest);
  const { facts, claim, input } = prepared;
  const beats: unknown[] = [];
  const { env, end } = attempt(pair.a, input);
  env.on('heartbeat', (beat) => beats.push(beat));
  const outcome = await end;
  const { migration } = input;
  const { persistent, autostart } = facts;
  const mdevs = claim.mdevs.map(({ target }) => target);
  const warnings = [
    await pair.b.activities.finalizeOnDestination({
      migration,
      claimId: claim.claimId,
      mdevs,
      persistent,
      autostart,
      pausedByUser: false,
    }),
    await pair.a.activities.cleanUpSource({
      migration,
      mdevs: input.mdevs.map(({ source }) => source),
      policy: 'remove',
    }),
  ];
  const [, request] = migrate.mock.calls[0]!;
  for (const xml of [request.destXml, request.persistXml]) expect(xml).toContain(SAMPLE_VNC_PASSWORD);
  const told = JSON.stringify([prepared, outcome, beats, warnings, pair.logged]);
  expect(told).toContain(guest);
  expect(told).not.toMatch(SECRET);
});

test.each([
  ['with a broken end', (xml: string) => xml.replace('</domain>', '')],
  ['that is none of a domain', (xml: string) => xml.replaceAll('domain', 'graphic')],
  [
    'with a device that is no UUID',
    (xml: string) => xml.replace(/uuid='[^']*'\/>/, `uuid='${SAMPLE_VNC_PASSWORD}'/>`),
  ],
  ['with a device too many', (xml: string) => xml.replace("mode='subsystem'", "mode='capabilities'")],
])('of a target XML %s', async (_what, spoil) => {
  const { input } = await pair.prepare(guest);
  const read = pair.a.hypervisor.domainXml.bind(pair.a.hypervisor);
  jest
    .spyOn(pair.a.hypervisor, 'domainXml')
    .mockImplementation(async (of, kind) =>
      kind === 'migratable' ? spoil(await read(of, kind)) : read(of, kind),
    );
  const failure = await failureOf(attempt(pair.a, input).end);
  expect(failure.message).not.toBe('');
  expect(textOf(failure)).not.toMatch(SECRET);
});

test('of a guest that was changed after its inspection', async () => {
  const { input } = await pair.prepare(guest);
  const failure = await failureOf(attempt(pair.a, { ...input, xmlDigest: '0'.repeat(64) }).end);
  expect(textOf(failure)).not.toMatch(SECRET);
});

/** Migrations over TLS between simulated hosts: refused as libvirt was seen to refuse them, and nothing is left behind. */
import { PLAIN_CHANNEL, type MigrationChannel } from '../../../src/hypervisor/port';
import { driveTo, failureOf, makeRig } from './rig';

type Certificate = Parameters<Awaited<ReturnType<typeof makeRig>>['control']['setCertificate']>[1];

const TLS: MigrationChannel = { ...PLAIN_CHANNEL, tls: true };

async function migrate(
  [source, target]: [Certificate, Certificate],
  channel: MigrationChannel,
): Promise<string> {
  const { clock, control, a, b, guest, request, targets } = await makeRig();
  await control.setCertificate('host-a', source);
  await control.setCertificate('host-b', target);
  const failure = await driveTo(clock, failureOf(a.migrate(guest, { ...request, channel })));
  expect(await control.runningCopies(guest)).toEqual([failure ? 'host-a' : 'host-b']);
  if (!failure) return 'moved';
  expect(await b.observe(guest)).toEqual({ state: 'absent' });
  expect((await b.listMdevs()).map(({ uuid }) => uuid)).toEqual(targets);
  // the target's device has seen nothing of it
  expect(await driveTo(clock, failureOf(a.migrate(guest, request)))).toBeUndefined();
  return `${failure.code}/${failure.domain} ${failure.message}`;
}

test.each<[string, [Certificate, Certificate], Partial<MigrationChannel>, RegExp]>([
  ['good ones', [{}, {}], {}, /^moved$/],
  ['none at all', [null, null], {}, /^1\/10 .*object-add.*ca-cert\.pem: No such file/],
  ['none on the target', [{}, null], {}, /^1\/10 .*ca-cert\.pem: No such file/],
  ['none on the source', [null, {}], {}, /^1\/10 .*ca-cert\.pem: No such file/],
  ["the target's expired", [{}, { expired: true }], {}, /^1\/10 .*server certificate .* has expired/],
  ["the source's expired", [{ expired: true }, {}], {}, /^1\/10 .*client certificate .* has expired/],
  ["the target's of another authority", [{}, { authority: 'x' }], {}, /^9\/10 .*known issuer/],
  ["the target's for another host", [{}, { name: 'x' }], {}, /^9\/10 .*match the hostname host-b/],
  ["the source's for another host", [{ name: 'x' }, {}], {}, /^moved$/],
  ['its name is told', [{}, { name: 'x' }], { tlsDestination: 'x' }, /^moved$/],
  ['another name is told', [{}, {}], { tlsDestination: 'x' }, /^9\/10 .*match the hostname x/],
  ['reached by another name', [{}, {}], { uri: 'tcp://y' }, /^9\/10 .*match the hostname y/],
  ['without TLS they do not matter', [null, { expired: true }], { tls: false }, /^moved$/],
])('certificates: %s', async (_what, certificates, channel, outcome) => {
  expect(await migrate(certificates, { ...TLS, ...channel })).toMatch(outcome);
});

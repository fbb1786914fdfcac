/** How a migration is asked for, by libvirt's own numbers: nothing that a vGPU does not bear may slip in. */
import { PLAIN_CHANNEL } from '../../../src/hypervisor/port';
import { migrateFlags } from '../../../src/hypervisor/libvirt/job-operations';

/** libvirt-domain.h, virDomainMigrateFlags. */
const LIVE = 1 << 0;
const PEER2PEER = 1 << 1;
const PERSIST_DEST = 1 << 3;
const UNDEFINE_SOURCE = 1 << 4;
const PAUSED = 1 << 5;
const TLS = 1 << 16;

test.each([
  ['a persistent guest under the fence', '<domain/>', true, PERSIST_DEST | UNDEFINE_SOURCE | PAUSED],
  ["a persistent guest with libvirt's own switchover", '<domain/>', false, PERSIST_DEST | UNDEFINE_SOURCE],
  ['a transient guest under the fence', null, true, PAUSED],
  ["a transient guest with libvirt's own switchover", null, false, 0],
])('%s', (_what, persistXml, startPaused, more) => {
  const request = { persistXml, startPaused, channel: PLAIN_CHANNEL };
  expect(migrateFlags(request)).toBe(LIVE | PEER2PEER | more);
  const secured = { ...request, channel: { ...PLAIN_CHANNEL, tls: true } };
  expect(migrateFlags(secured)).toBe(LIVE | PEER2PEER | TLS | more);
});

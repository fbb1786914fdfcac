/** What a peer's settings come to, with what the configuration leaves open filled in. */
import { parseAgentConfig } from '../../src/agent/config';
import { peerSettings } from '../../src/agent/peers';
import { PLAIN_CHANNEL } from '../../src/hypervisor/port';

const URI = 'qemu+tls://b/system';

const channelOf = (peer: object, requireTls?: boolean) => {
  const text = JSON.stringify({ host: 'a', requireTls, peers: { b: { libvirtUri: URI, ...peer } } });
  const settings = peerSettings(parseAgentConfig('agent.json', text), 'b');
  expect(settings?.libvirtUri).toBe(URI);
  return settings?.channel;
};

test.each<[string, object, boolean | undefined, boolean]>([
  ['nothing is said', {}, undefined, false],
  ['TLS is required of all', {}, true, true],
  ['it is required of this one', { migrationTls: 'required' }, false, true],
  ['off, by name: that is refused later, and told', { migrationTls: 'off' }, true, false],
])('TLS where %s', (_what, peer, requireTls, tls) => {
  expect(channelOf(peer, requireTls)).toEqual({ ...PLAIN_CHANNEL, tls });
});

test('name and address are passed on', () => {
  expect(channelOf({ migrationUri: 'tcp://10.0.0.2' })).toEqual({ ...PLAIN_CHANNEL, uri: 'tcp://10.0.0.2' });
  expect(channelOf({ tlsDestination: 'b.example' }, true)).toEqual({
    ...{ tls: true, tlsDestination: 'b.example', uri: null },
  });
});

test.each(['c', 'constructor', '__proto__'])('%s is no peer', (name) => {
  expect(peerSettings(parseAgentConfig('agent.json', '{ "host": "a" }'), name)).toBeUndefined();
});

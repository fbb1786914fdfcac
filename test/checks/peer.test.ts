/** What a host that requires TLS makes of the ways to its peers; a row a way. */
import { connectionChecks, encryptionChecks, libvirtAddress } from '../../src/checks';
import { PLAIN_CHANNEL } from '../../src/hypervisor/port';

const facts = (libvirtUri: string, tls: boolean, requireTls = true) => ({
  ...{ host: 'host-a', peer: 'host-b', requireTls },
  settings: { libvirtUri, channel: { ...PLAIN_CHANNEL, tls } },
});

test.each<[string, boolean, string[]]>([
  ['qemu+tls://host-b/system', true, []],
  ['qemu://host-b/system', true, []],
  ['qemu+ssh://root@host-b:2222/system', true, []],
  ['qemu+libssh2://host-b/system', true, []],
  ['qemu+tls://host-b/system?no_verify=0', true, []],
  ['qemu+tls://host-b/system', false, ['migration-encrypted']],
  ['qemu+tcp://host-b/system', true, ['peer-encrypted']],
  ['qemu+tcp://host-b/system', false, ['peer-encrypted', 'migration-encrypted']],
  ['qemu+unix:///system?socket=/run/x', true, ['peer-encrypted']],
  ['qemu+ext://host-b/system?command=/usr/bin/x', true, ['peer-encrypted']],
  ['qemu+tls://host-b/system?no_verify=1', true, ['peer-encrypted']],
  ['qemu+tls://host-b/system?no_verify=0&No_Verify=1', true, ['peer-encrypted']],
  ['qemu+ssh://host-b/system?no_verify=1', true, ['peer-encrypted']],
  ['qemu+libssh://host-b/system?known_hosts_verify=ignore', true, ['peer-encrypted']],
])('%s, memory over TLS: %s', (uri, tls, refused) => {
  const failed = encryptionChecks(facts(uri, tls));
  expect(failed.map(({ check }) => check)).toEqual(refused);
  for (const { host, found, required, fix } of failed) {
    expect(host).toBe('host-a');
    expect(found).toMatch(/host-b/);
    expect(required).toMatch(/"requireTls" is set on host-a/);
    expect(fix).toMatch(/peers\.host-b\..*on host-a/);
  }
  const ofConnection = refused.filter((check) => check === 'peer-encrypted');
  expect(connectionChecks(facts(uri, tls)).map(({ check }) => check)).toEqual(ofConnection);
});

test('a host that does not require it takes any', () => {
  expect(encryptionChecks(facts('qemu+tcp://host-b/system', false, false))).toEqual([]);
});

test.each<[string, Partial<ReturnType<typeof libvirtAddress>>]>([
  ['qemu:///system', { name: '', transport: 'tls', port: null }],
  ['qemu+tls://[fd00::2]:16515/system', { name: 'fd00::2', transport: 'tls', port: 16_515 }],
  ['qemu+ssh://user@host-b/system', { name: 'host-b', transport: 'ssh', port: null }],
])('reads %s', (uri, address) => {
  expect(libvirtAddress(uri)).toEqual({ trustsAnybody: false, ...address });
});

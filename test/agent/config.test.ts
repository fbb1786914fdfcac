/** The agent's configuration: defaults, and every mistake named. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, parseAgentConfig, readAgentConfig } from '../../src/agent/config';

const parse = (config: unknown): unknown => parseAgentConfig('agent.json', JSON.stringify(config));

test('a host id is enough: the rest has defaults', () => {
  expect(parse({ host: 'host-a' })).toEqual({
    host: 'host-a',
    stateDir: '/var/lib/vgpu-ferry',
    libvirtUri: 'qemu:///system',
    peers: {},
    requireTls: false,
    askQemu: false,
    maxMigrations: 2,
    profiles: {},
    reconcileEveryMinutes: 10,
  });
});

const peerB = (said: object): unknown => ({
  host: 'a',
  peers: { b: { libvirtUri: 'qemu+tls://b/system', ...said } },
});

test('a peer can say how migrations to it are secured, and where they go', () => {
  const said = { migrationTls: 'required', tlsDestination: 'b.example', migrationUri: 'tcp://10.0.0.2' };
  expect(parse(peerB(said))).toMatchObject({ peers: { b: said } });
  const byAddress = {
    migrationTls: 'required',
    tlsDestination: 'fd00::2',
    migrationUri: 'tcp://[fd00::2]:49152',
  };
  expect(parse(peerB(byAddress))).toMatchObject({ peers: { b: byAddress } });
});

test('a vGPU type can have its framebuffer and its own policy', () => {
  const profiles = {
    'nvidia-471': { framebufferMiB: 6144, policy: { maxDowntimeMs: 500_000, onTimeout: 'force-complete' } },
    'mtty-2': {},
  };
  expect(parse({ host: 'host-a', profiles })).toMatchObject({ profiles });
});

const profile = (said: unknown): unknown => ({ host: 'a', profiles: { 'mtty-2': said } });

test.each<[string, unknown, RegExp]>([
  ['no host', {}, /host/],
  ['a host id that is none', { host: 'Host A' }, /required a host id/],
  ['a relative state folder', { host: 'a', stateDir: 'state' }, /absolute path/],
  ['a URI that is none', { host: 'a', libvirtUri: 'system' }, /required a URI/],
  [
    'a URI by which libvirt would run a program',
    { host: 'a', libvirtUri: 'qemu+ext:///system' },
    /transport ext/,
  ],
  ['a folder with a NUL in it', { host: 'a', stateDir: '/var/\0' }, /absolute path/],
  ['a peer without a URI', { host: 'a', peers: { b: {} } }, /libvirtUri/],
  ['a peer whose URI cannot be read', peerB({ libvirtUri: 'qemu+tls://b:x/system' }), /can be read/],
  ['TLS by half', peerB({ migrationTls: 'optional' }), /migrationTls/],
  ['TLS by word', { host: 'a', requireTls: 'yes' }, /requireTls/],
  ['a migration to a file', peerB({ migrationUri: 'unix:///run/x' }), /required tcp:/],
  ['a migration with a path', peerB({ migrationUri: 'tcp://b/x?y=z' }), /required tcp:/],
  [
    'a certificate name of several words',
    peerB({ migrationTls: 'required', tlsDestination: 'b,c' }),
    /host name or an address/,
  ],
  [
    'a certificate name without TLS',
    peerB({ tlsDestination: 'b' }),
    /counts only with .* at peers\.b\.tlsDestination/s,
  ],
  ['a misspelt key of a peer', peerB({ tls: true }), /unknown: "tls"; known here: libvirtUri, migrationTls/],
  ['a misspelt key', { host: 'a', peer: {} }, /unknown: "peer"; known here: host, .*peers/],
  ['half a minute', { host: 'a', reconcileEveryMinutes: 0.5 }, /reconcileEveryMinutes/],
  ['no migration at all', { host: 'a', maxMigrations: 0 }, /maxMigrations/],
  ['a framebuffer below nothing', profile({ framebufferMiB: -1 }), /framebufferMiB/],
  ['a misspelt key of a profile', profile({ framebuffer: 1 }), /"framebuffer"/],
  ['a downtime that QEMU refuses', profile({ policy: { maxDowntimeMs: 2_000_001 } }), /maxDowntimeMs/],
  ['a profile with no steps', profile({ policy: { downtimeSteps: 0 } }), /downtimeSteps/],
  [
    'a timeout that is no number',
    profile({ policy: { progressTimeoutSeconds: 'none' } }),
    /progressTimeoutSeconds/,
  ],
  ['an unknown action', profile({ policy: { onTimeout: 'suspend' } }), /onTimeout/],
  [
    'a bandwidth: it is no matter of the vGPU',
    profile({ policy: { bandwidthMiBps: 9 } }),
    /"bandwidthMiBps"/,
  ],
  ['a switchover: neither is that', profile({ policy: { switchover: 'libvirt' } }), /"switchover"/],
])('refuses %s', (_what, config, problem) => {
  expect(() => parse(config)).toThrow(ConfigError);
  expect(() => parse(config)).toThrow(problem);
});

test('says that a file is not JSON, or not there, and which', async () => {
  expect(() => parseAgentConfig('agent.json', '{\n  "host": "a"\n  "peers": {}\n}')).toThrow(
    /agent\.json is not JSON: CommaExpected at line 3, column 3/,
  );
  await expect(readAgentConfig('/nowhere/agent.json')).rejects.toThrow(
    /\/nowhere\/agent\.json cannot be read/,
  );
});

test.each<[string, string, RegExp]>([
  ['a prototype', '{"host":"a","__proto__":{"peers":{}}}', /"__proto__" at line 1, column 13 is no setting/],
  [
    'a prototype of the peers',
    '{"host":"a","peers":{"__proto__":{"libvirtUri":"qemu:///x"}}}',
    /"__proto__"/,
  ],
  ['lists without end', '['.repeat(100_000), /nested too deeply/],
])('refuses %s', (_what, text, problem) => {
  expect(() => parseAgentConfig('agent.json', text)).toThrow(ConfigError);
  expect(() => parseAgentConfig('agent.json', text)).toThrow(problem);
});

test('an error is not as long as what is wrong', () => {
  const peers = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`NO HOST ${n}`, {}]));
  expect(() => parse({ host: 'a', peers })).toThrow(/and \d+ characters more$/);
});

test("the package's sample is valid, and so it is with all that is commented out in it", () => {
  const sample = readFileSync(join(__dirname, '../../packaging/agent.json'), 'utf8');
  expect(parseAgentConfig('agent.json', sample)).toMatchObject({ host: 'host-a' });
  const whole = sample.replaceAll(/^(\s*)\/\/ (?=["}]| {2}")/gm, '$1');
  const config = parseAgentConfig('agent.json', whole);
  expect(Object.keys(config).sort()).toEqual([
    'askQemu',
    'host',
    'libvirtUri',
    'maxMigrations',
    'peers',
    'profiles',
    'reconcileEveryMinutes',
    'requireTls',
    'simulatedFleet',
    'stateDir',
  ]);
  const { host, peers, profiles, simulatedFleet, ...defaults } = config;
  expect(parseAgentConfig('agent.json', '{ "host": "host-a" }')).toMatchObject(defaults);
  expect([host, Object.keys(peers), Object.keys(profiles), simulatedFleet]).not.toContain(undefined);
});

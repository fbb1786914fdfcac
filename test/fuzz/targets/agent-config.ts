/** The agent's configuration file. */
import { ConfigError, parseAgentConfig } from '../../../src/agent/config';
import { isHostId } from '../../../src/contract';
import { must, textTarget, typedOnly } from '../target';

const WHOLE = `{
  // a comment
  "host": "host-a",
  "stateDir": "/var/lib/vgpu-ferry",
  "libvirtUri": "qemu:///system",
  "peers": {
    "host-b": { "libvirtUri": "qemu+tls://host-b.example/system" },
    "host-c": { "libvirtUri": "qemu+ssh://ferry@host-c.example:2222/system?keyfile=/etc/vgpu-ferry/key" },
  },
  "maxMigrations": 2,
  "reconcileEveryMinutes": 10,
  "profiles": {
    "nvidia-471": { "framebufferMiB": 6144, "policy": { "maxDowntimeMs": 500000, "onTimeout": "force-complete" } },
  },
}
`;

const TOKENS: readonly string[] = [
  ...[
    '"__proto__": {"libvirtUri": "qemu:///evil"},',
    '"__proto__": {"host": "evil"},',
    '"constructor": {},',
    '"peer": {},',
  ],
  ...[
    'host-a',
    'host-b',
    'qemu+tls',
    'qemu+ext',
    'qemu+ssh',
    '?command=/bin/sh',
    '?netcat=/bin/sh',
    '&command=x',
  ],
  ...[
    '?netcat=x',
    '%63ommand=x',
    '?Command=x',
    '#',
    '?',
    '&',
    '://',
    'file:///etc/passwd',
    '\\u0000',
    '\\ud800',
  ],
  ...[
    '"host": "host-z",',
    '1e999',
    '-1',
    '0.5',
    '"2"',
    '[',
    '{"a":',
    '[[',
    '/*',
    '*/',
    '//',
    ',',
    '"',
    '\\',
    '\ufeff',
  ],
  ...['../', '/', '"simulatedFleet": "/etc/shadow",', 'nvidia-471', '{}', '[]', 'null', 'true'],
];

export const agentConfig = textTarget({
  name: 'agent-config',
  about:
    "The agent's configuration: a ConfigError with few words, or settings of their form; no URI that makes libvirt run a program.",
  samples: { whole: WHOLE, least: '{ "host": "host-a" }' },
  tokens: TOKENS,
  judge(text) {
    let config: ReturnType<typeof parseAgentConfig>;
    try {
      config = parseAgentConfig('agent.json', text);
    } catch (error) {
      return typedOnly(error, ConfigError);
    }
    must(
      Object.getPrototypeOf(config.peers) === Object.prototype,
      'the peers inherit from what the file says',
    );
    must(isHostId(config.host) && Object.keys(config.peers).every(isHostId), 'a host id is none');
    for (const uri of [config.libvirtUri, ...Object.values(config.peers).map((peer) => peer.libvirtUri)])
      requireHarmless(uri);
    return 'read';
  },
});

function requireHarmless(uri: string): void {
  const { protocol, search } = new URL(uri);
  must(!protocol.includes('+ext'), `libvirt would run a program for ${uri}`);
  const options = [...new URLSearchParams(search).keys()].map((key) => key.toLowerCase());
  must(!options.some((key) => ['command', 'netcat'].includes(key)), `libvirt would run what ${uri} names`);
  must(/^[\x21-\x7e]+$/.test(uri), 'a URI with signs that are none of it');
}

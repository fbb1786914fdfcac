/** What a codec server may be told: it is open to nobody but this machine unless that is said twice. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CodecServerSettingsError, codecServerSettings } from '../../src/codec-server';
import { isLoopback } from '../../src/codec-server/settings';

const folder = mkdtempSync(path.join(os.tmpdir(), 'vgpu-ferry-codec-server-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string): string => {
  writeFileSync(path.join(folder, name), content);
  return path.join(folder, name);
};
const TOKEN = 'a-token-of-some-length';
const token = file('token', `${TOKEN}\n`);
const tls = { tlsCert: file('cert', 'c'), tlsKey: file('key', 'k') };
const LOCAL = { listen: '127.0.0.1:8081', origin: [] };
const OPEN = { listen: '0.0.0.0:8081', origin: [] };

test('this machine alone needs neither TLS nor a token', () => {
  expect(codecServerSettings({ ...LOCAL, origin: ['http://localhost:8233/'] })).toEqual({
    ...{ host: '127.0.0.1', port: 8081, origins: new Set(['http://localhost:8233']) },
    ...{ tls: null, token: null, encodes: false },
  });
});

test('more than this machine, with TLS and a token', () => {
  expect(codecServerSettings({ ...OPEN, ...tls, tokenFile: token })).toMatchObject({
    host: '0.0.0.0',
    token: TOKEN,
    tls: { cert: Buffer.from('c'), key: Buffer.from('k') },
  });
});

test.each([
  [
    'without TLS',
    { tokenFile: token },
    /0\.0\.0\.0 is not a loopback.*--tls-cert and --tls-key.*--allow-plain/,
  ],
  ['without a token', tls, /0\.0\.0\.0 is not a loopback.*--token-file.*--allow-anyone/],
  ['with neither, and one of them allowed', { allowPlain: true }, /--token-file/],
])('more than this machine %s is refused', (_what, options, words) => {
  expect(() => codecServerSettings({ ...OPEN, ...options })).toThrow(CodecServerSettingsError);
  expect(() => codecServerSettings({ ...OPEN, ...options })).toThrow(words);
});

test('both can be asked for', () => {
  expect(codecServerSettings({ ...OPEN, allowPlain: true, allowAnyone: true })).toMatchObject({
    tls: null,
    token: null,
  });
});

test.each([
  [{ listen: '8081' }, /--listen 8081: required <address>:<port>/],
  [{ listen: '127.0.0.1:70000' }, /required <address>:<port>/],
  [{ origin: ['temporal.example'] }, /--origin temporal\.example: required scheme, name and port/],
  [{ origin: ['*'] }, /--origin \*/],
  [{ origin: ['https://temporal.example/ui'] }, /--origin/],
  [{ tlsCert: '/no/cert' }, /belong together/],
  [{ tlsCert: '/no/cert', tlsKey: '/no/key' }, /--tls-cert: .*\/no\/cert/],
  [{ tokenFile: '/no/token' }, /--token-file: .*\/no\/token/],
  [{ tokenFile: file('short', 'short\n') }, /5 characters; required 16 or more/],
])('%j is refused', (options, words) => {
  expect(() => codecServerSettings({ ...LOCAL, ...options })).toThrow(words);
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.0.2.1', false],
  ['codec.example', false],
])('%s is loopback: %s', (host, loopback) => expect(isLoopback(host)).toBe(loopback));

/** The codec server as a browser and other clients meet it: what it decrypts, for whom, and what it tells nobody. */
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import path from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import {
  type CodecServer,
  type CodecServerOptions,
  codecServerSettings,
  startCodecServer,
} from '../../src/codec-server';
import { payloadsToJson } from '../../src/codec-server/protocol';
import { AesGcmCodec, readKeyring } from '../../src/temporal/codec';
import { newKey, useKeyFiles } from '../codec/keys';
import { until } from '../support/until';

const files = useKeyFiles();
const k1 = { id: 'k1', key: newKey() };
const codec = new AesGcmCodec(readKeyring(files.write({ keys: [k1] })));
const UI = 'http://ui.example:8080';
const SECRET = 'the secret value';

let server: CodecServer;
let logged: string;
async function start(options: Partial<CodecServerOptions> = {}): Promise<void> {
  logged = '';
  const log = (fields: object, message: string): void =>
    void (logged += `${message} ${JSON.stringify(fields)}\n`);
  const settings = codecServerSettings({ listen: '127.0.0.1:0', origin: [UI], ...options });
  server = await startCodecServer(settings, codec, { info: log, warn: log, error: log });
}
afterEach(() => server.close());

const JSON_TYPE = { 'content-type': 'application/json' };
const plain = payloadsToJson([defaultPayloadConverter.toPayload(SECRET)]);
const encrypted = async (by = codec): Promise<string> =>
  payloadsToJson(await by.encode([defaultPayloadConverter.toPayload(SECRET)]));

function post(where: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}${where}`, { method: 'POST', body, headers: { ...JSON_TYPE, ...headers } });
}

test.each(['/decode', '/a/place/of/the/operator/decode', '/decode?x=1'])('%s decrypts', async (where) => {
  await start();
  const response = await post(where, await encrypted(), { 'x-namespace': 'default' });
  expect(response.status).toBe(200);
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.text()).toBe(plain);
  expect(logged).toMatch(/request \{"method":"POST","path":".*decode.*","status":200,"payloads":1,/);
  expect(logged).not.toContain('secret');
});

test('what is not encrypted comes back as it is; no payload at all is fine', async () => {
  await start();
  expect(await (await post('/decode', plain)).text()).toBe(plain);
  expect(await (await post('/decode', '{}')).json()).toEqual({ payloads: [] });
  const bare = await post('/decode', '{"payloads":[{}]}');
  expect(await bare.json()).toEqual({ payloads: [{ metadata: {}, data: '' }] });
});

test('the Web UI’s page: asked first by its browser, then allowed', async () => {
  await start();
  const preflight = await fetch(`${server.url}/decode`, {
    method: 'OPTIONS',
    headers: {
      origin: UI,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type,x-namespace',
      'access-control-request-private-network': 'true',
    },
  });
  expect(preflight.status).toBe(204);
  expect(Object.fromEntries(preflight.headers)).toMatchObject({
    'access-control-allow-origin': UI,
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': 'authorization, content-type, x-namespace',
    'access-control-allow-methods': 'POST',
    'access-control-allow-private-network': 'true',
    vary: 'origin',
  });
  const response = await post('/decode', await encrypted(), { origin: UI });
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, UI]);
});

test.each(['OPTIONS', 'POST'])('another origin is refused: %s', async (method) => {
  await start();
  const body = method === 'POST' ? { body: await encrypted() } : {};
  const headers = { ...JSON_TYPE, origin: 'http://evil.example' };
  const response = await fetch(`${server.url}/decode`, { method, headers, ...body });
  expect(response.status).toBe(403);
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  expect(await response.text()).not.toContain(Buffer.from(SECRET).toString('base64'));
  expect(logged).toContain('"origin":"http://evil.example","status":403');
});

test('a page that gets by without a preflight gets nothing', async () => {
  await start();
  expect((await post('/decode', await encrypted(), { 'content-type': 'text/plain' })).status).toBe(415);
});

test('a token, if there is one: only with it', async () => {
  const token = 'a-token-of-some-length';
  await start({ tokenFile: files.write(token) });
  for (const authorization of ['', 'Bearer wrong', token, `Bearer ${token}x`])
    expect((await post('/decode', await encrypted(), { authorization })).status).toBe(401);
  expect((await post('/decode', await encrypted())).headers.get('www-authenticate')).toBe('Bearer');
  expect((await post('/decode', await encrypted(), { authorization: `Bearer ${token}` })).status).toBe(200);
  expect(logged).not.toContain(token);
});

test('it encodes only if it is told to', async () => {
  await start();
  const refused = await post('/encode', plain);
  expect([refused.status, await refused.text()]).toEqual([403, 'Encoding is off; see --allow-encode.\n']);
  await server.close();
  await start({ allowEncode: true });
  const made = await (await post('/encode', plain)).text();
  expect(made).not.toBe(plain);
  expect(await (await post('/decode', made)).text()).toBe(plain);
});

test('what has another key comes back as it is, the rest is decrypted, and the log tells why', async () => {
  await start();
  const other = new AesGcmCodec(readKeyring(files.write({ keys: [{ id: 'k9', key: newKey() }] })));
  const { payloads: foreign } = JSON.parse(await encrypted(other)) as { payloads: object[] };
  const { payloads: own } = JSON.parse(await encrypted()) as { payloads: object[] };
  const response = await post('/decode', JSON.stringify({ payloads: [...foreign, ...own] }));
  const { payloads: readable } = JSON.parse(plain) as { payloads: object[] };
  expect([response.status, await response.json()]).toEqual([200, { payloads: [...foreign, ...readable] }]);
  expect(logged).toMatch(
    /not all of it could be decrypted .*"unread":"A payload is encrypted with key \\"k9\\"/,
  );
});

test('an error is text, which the page may see: the Web UI would take JSON for payloads', async () => {
  await start();
  const response = await post('/decode', '[]', { origin: UI });
  expect([response.status, response.headers.get('content-type')]).toEqual([400, 'text/plain; charset=utf-8']);
  expect(response.headers.get('access-control-allow-origin')).toBe(UI);
});

test.each([
  ['no JSON', '{"payloads": [', 'the body is not JSON'],
  ['a list', '[]', 'required {"payloads": [...]}'],
  ['null', 'null', 'required {"payloads": [...]}'],
  ['payloads that are none', '{"payloads": {}}', 'required {"payloads": [...]}'],
  ['a payload that is none', '{"payloads": ["x"]}', 'a payload is no object'],
  ['metadata that is none', '{"payloads": [{"metadata": []}]}', "a payload's metadata is no object"],
  ['bytes that are none', '{"payloads": [{"data": 1}]}', "a payload's bytes are no base64 text"],
])('%s is refused with words', async (_what, body, words) => {
  await start();
  const response = await post('/decode', body);
  expect([response.status, await response.text()]).toEqual([400, `${words}\n`]);
});

test('other paths and methods', async () => {
  await start();
  expect((await post('/download', plain)).status).toBe(404);
  expect((await fetch(`${server.url}/`)).status).toBe(404);
  const got = await fetch(`${server.url}/decode`);
  expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
});

test('a body without end is not read to its end', async () => {
  await start();
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(
    'POST /decode HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900000000\r\n\r\n',
  );
  const part = Buffer.alloc(1024 * 1024, ' ');
  let sent = 0;
  const push = (): void => {
    while (socket.writable && socket.write(part)) sent += part.length;
  };
  socket.on('drain', push);
  push();
  const answer = await new Promise<Buffer>((resolve, reject) => {
    socket.once('data', resolve);
    socket.once('close', () => reject(new Error('closed without an answer')));
  });
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close/i);
  socket.destroy();
  expect(sent).toBeLessThan(100 * 1024 * 1024);
});

test('who hangs up in the middle is no fault of the server', async () => {
  await start();
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const head = 'POST /decode HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10';
  socket.write(`${head}\r\n\r\n{`, () => socket.destroy());
  await until(() => Promise.resolve(logged !== ''));
  expect(logged).toMatch(/^request .*"status":400/);
});

test('over TLS', async () => {
  const tls = (name: string): string => path.join(__dirname, '..', 'fixtures', 'tls', name);
  await start({ tlsCert: tls('host-a.pem'), tlsKey: tls('host-a.key') });
  expect(server.url).toMatch(/^https:/);
  const body = await encrypted();
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpsRequest(
      `${server.url}/decode`,
      {
        ...{ method: 'POST', headers: JSON_TYPE, agent: false },
        ...{ ca: readFileSync(tls('authority.pem')), servername: 'host-a.example' },
      },
      (response) => resolve(response.resume().statusCode),
    );
    request.on('error', reject).end(body);
  });
  expect(status).toBe(200);
});

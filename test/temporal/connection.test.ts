/** Temporal's own settings are honoured, and a server that isn't there is reported clearly and soon. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { connectClient, connectWorker, temporalSettings } from '../../src/temporal/connection';
import { TemporalSettingsError } from '../../src/temporal/connect-errors';
import { useTemporalServer } from '../support/temporal-server';

const server = useTemporalServer();
let folder: string;
let configFile: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'vgpu-ferry-test-'));
  configFile = path.join(folder, 'temporal.toml');
  writeFileSync(
    configFile,
    '[profile.far]\naddress = "far.example:7233"\nnamespace = "fleet"\napi_key = "k"\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('defaults are those of Temporal', () => {
  expect(temporalSettings({}, {})).toMatchObject({ address: 'localhost:7233', namespace: 'default' });
});

test('environment, profile file and command line, the later over the earlier', () => {
  const env = { TEMPORAL_CONFIG_FILE: configFile, TEMPORAL_PROFILE: 'far' };
  expect(temporalSettings({}, env)).toMatchObject({
    address: 'far.example:7233',
    namespace: 'fleet',
    connection: { address: 'far.example:7233', apiKey: 'k', tls: true },
  });
  expect(temporalSettings({}, { ...env, TEMPORAL_ADDRESS: 'near:1' })).toMatchObject({
    address: 'near:1',
    namespace: 'fleet',
  });
  const { address, connection } = temporalSettings(
    { address: 'here:2' },
    { ...env, TEMPORAL_ADDRESS: 'near:1' },
  );
  expect([address, connection.address]).toEqual(['here:2', 'here:2']);
});

test('an empty variable is an unset one', () => {
  const settings = temporalSettings({}, { TEMPORAL_ADDRESS: '', TEMPORAL_API_KEY: '' });
  expect(settings).toMatchObject({ address: 'localhost:7233' });
  expect(settings.connection.tls).toBeUndefined();
});

test.each([
  [
    'an unknown profile',
    () => ({ TEMPORAL_CONFIG_FILE: configFile, TEMPORAL_PROFILE: 'nowhere' }),
    'nowhere',
  ],
  [
    'a missing certificate',
    () => ({ TEMPORAL_TLS_CLIENT_CERT_PATH: '/no/cert', TEMPORAL_TLS_CLIENT_KEY_PATH: '/no/key' }),
    '/no/cert',
  ],
])('%s is named', (_case, env, name) => {
  expect(() => temporalSettings({}, env())).toThrow(TemporalSettingsError);
  expect(() => temporalSettings({}, env())).toThrow(name);
});

test('a client and a worker connect', async () => {
  const settings = temporalSettings({ address: server.address }, {});
  const client = await connectClient(settings);
  expect(await client.workflow.count()).toMatchObject({ count: 0 });
  await client.connection.close();
  await (await connectWorker(settings)).close();
});

describe('a server that is not there', () => {
  const connects = [
    ['client', connectClient],
    ['worker', connectWorker],
  ] as const;

  // ten seconds of the SDK's and two of ours, on a machine that may stand still meanwhile
  const LONG_MS = 45_000;

  test.each(connects)('%s: nobody listens', async (_name, connect) => {
    const start = Date.now();
    await expect(connect(temporalSettings({ address: '127.0.0.1:1' }, {}))).rejects.toMatchObject({
      name: 'TemporalUnreachableError',
      address: '127.0.0.1:1',
      message: expect.stringMatching(/answers at 127\.0\.0\.1:1.*TEMPORAL_ADDRESS/),
    });
    expect(Date.now() - start).toBeLessThan(LONG_MS);
  });

  test.each(connects)('%s: something else listens, and is silent', async (_name, connect) => {
    const silent = createServer();
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const sockets: { destroy(): void }[] = [];
    silent.on('connection', (socket) => sockets.push(socket.on('error', () => undefined)));
    const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const start = Date.now();
    await expect(connect(temporalSettings({ address }, {}))).rejects.toMatchObject({ address });
    expect(Date.now() - start).toBeLessThan(LONG_MS);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

/** Temporal over mutual TLS, with real connections of both kinds: who gets in, and what is said to who does not. */
import { Worker } from '@temporalio/worker';
import { connectClient, connectWorker, temporalSettings } from '../../src/temporal/connection';
import { type TlsProxy, mtlsProxy, showing, tlsFile, trusting } from '../support/temporal-proxies';
import { useTemporalServer } from '../support/temporal-server';

// What a failed connection is put down to is looked for within two seconds; a machine that stands still for as long is told less.
jest.retryTimes(2, { logErrorsBeforeRetry: true });

const server = useTemporalServer();
let proxy: TlsProxy;
const start = async (certificate?: string): Promise<void> => {
  proxy = await mtlsProxy(server.address, certificate);
};
afterEach(() => proxy.close());

const settings = (env: NodeJS.ProcessEnv) => temporalSettings({ address: proxy.address }, env);
const RIGHT = { ...trusting('authority'), ...showing('client') };

test('with the right certificate a worker works for a client', async () => {
  await start();
  const client = await connectClient(settings(RIGHT));
  const connection = await connectWorker(settings(RIGHT));
  const taskQueue = 'over-tls';
  const worker = await Worker.create({
    ...{ connection, taskQueue, namespace: 'default' },
    activities: { answer: async () => 42 },
  });
  const activity = { id: 'one', taskQueue, startToCloseTimeout: '30 seconds' } as const;
  expect(await worker.runUntil(client.activity.execute('answer', activity))).toBe(42);
  await connection.close();
  await client.connection.close();
});

test('a name that the server’s certificate has not, if it is told which to expect', async () => {
  await start('server-elsewhere');
  const env = { ...RIGHT, TEMPORAL_TLS_SERVER_NAME: 'temporal.example' };
  await (await connectClient(settings(env))).connection.close();
  await (await connectWorker(settings(env))).close();
});

describe.each([
  ['client', connectClient],
  ['worker', connectWorker],
] as const)('what a %s is told', (_kind, connect) => {
  test.each<[string, NodeJS.ProcessEnv, string | undefined, RegExp]>([
    [
      'no client certificate',
      trusting('authority'),
      undefined,
      /wants a client certificate, and got none.*TEMPORAL_TLS_CLIENT_CERT_PATH/,
    ],
    [
      'a certificate without its key',
      { ...trusting('authority'), TEMPORAL_TLS_CLIENT_CERT_PATH: tlsFile('client.pem') },
      undefined,
      /wants a client certificate, and got none.*TEMPORAL_TLS_CLIENT_KEY_PATH, both/,
    ],
    [
      'one of a foreign authority',
      { ...trusting('authority'), ...showing('client-foreign') },
      undefined,
      /client certificate \(CN=client-foreign, issued by CN=another authority\).*authority that the server trusts/,
    ],
    [
      'an expired one',
      { ...trusting('authority'), ...showing('client-expired') },
      undefined,
      /client certificate \(CN=client-expired\) expired on 2021-01-01\. Renew it/,
    ],
    [
      'another one’s key',
      { ...trusting('authority'), ...showing('client', 'client-foreign') },
      undefined,
      /client certificate \(CN=client\) and the key do not belong together/,
    ],
    [
      'something that is no certificate',
      { ...trusting('authority'), ...showing('client'), TEMPORAL_TLS_CLIENT_CERT_PATH: tlsFile('make.sh') },
      undefined,
      /no PEM file.*TEMPORAL_TLS_CLIENT_CERT_PATH/,
    ],
    [
      'a server of an authority that is not trusted',
      { ...trusting('other-authority'), ...showing('client') },
      undefined,
      /nobody that is trusted here.*TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
    ],
    [
      'no authority of ours',
      showing('client'),
      undefined,
      /nobody that is trusted here.*TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
    ],
    ['an expired server', RIGHT, 'server-expired', /server's certificate has expired/],
    [
      'a server of another name',
      RIGHT,
      'server-elsewhere',
      /for other names: Host: localhost\. is not in the cert's altnames: DNS:temporal\.example.*TEMPORAL_TLS_SERVER_NAME/,
    ],
    [
      'no TLS, where the server wants it',
      {},
      undefined,
      /speaks TLS, and none is configured.*TEMPORAL_TLS=true/,
    ],
  ])('of %s', async (_what, env, certificate, words) => {
    await start(certificate);
    await expect(connect(settings(env))).rejects.toMatchObject({
      name: 'TemporalUnreachableError',
      address: proxy.address,
      message: expect.stringMatching(words),
    });
    expect(proxy.serials).toEqual([]);
  });

  test('of TLS, where the server has none', async () => {
    await start();
    const plain = temporalSettings({ address: server.address }, RIGHT);
    await expect(connect(plain)).rejects.toThrow(/does not speak TLS.*TEMPORAL_TLS=false/);
  });
});

/** What the doctor says of the codec's keys and of the client certificate for Temporal. */
import { lookAtAccess } from '../../src/doctor/temporal-access';
import { lookAtTemporal } from '../../src/doctor/temporal';
import { temporalSettings } from '../../src/temporal/connection';
import { newKey, useKeyFiles } from '../codec/keys';
import { showing, tlsFile, trusting } from '../support/temporal-proxies';

// What a failed connection is put down to is looked for within two seconds; a machine that stands still for as long is told less.
jest.retryTimes(2, { logErrorsBeforeRetry: true });

const files = useKeyFiles();
const keys = [
  { id: 'k1', key: newKey() },
  { id: 'k2', key: newKey() },
];
const look = (env: NodeJS.ProcessEnv, now = new Date('2026-01-01')): ReturnType<typeof lookAtAccess> =>
  lookAtAccess(temporalSettings({}, env), now);

test.each([
  ['off', undefined, 'ok', /^off \(no VGPU_FERRY_CODEC_KEYS\)/, null],
  ['that encrypts', files.write({ active: 'k2', keys }), 'ok', /: 2 key\(s\), "k2" encrypts$/, null],
  ['that only decrypts', files.write({ encrypt: false, keys }), 'ok', /: 2 key\(s\), only decrypts$/, null],
  [
    'open to others',
    files.write({ keys }, 0o644),
    'fail',
    /mode 0644 lets everybody read or change it\.$/,
    /^It has to be its owner's alone: chmod 600/,
  ],
  ['that is missing', '/no/keys', 'fail', /no such file\.$/, /^Correct VGPU_FERRY_CODEC_KEYS/],
] as const)('a codec %s', (_what, VGPU_FERRY_CODEC_KEYS, verdict, found, fix) => {
  const [finding] = look({ VGPU_FERRY_CODEC_KEYS });
  expect(finding).toEqual({
    subject: 'payload codec',
    verdict,
    found: expect.stringMatching(found),
    fix: fix === null ? null : expect.stringMatching(fix),
  });
});

const TLS = { ...trusting('authority'), ...showing('client') };
test.each([
  ['valid', TLS, '2026-01-01', 'ok', /^CN=client, valid until 2120-01-01$/],
  ['about to expire', TLS, '2119-12-20', 'warn', /^CN=client expires on 2120-01-01, in 12 days$/],
  ['expired', TLS, '2120-02-01', 'fail', /^CN=client expired on 2120-01-01$/],
  [
    'none',
    { ...TLS, TEMPORAL_TLS_CLIENT_CERT_PATH: tlsFile('make.sh') },
    '2026-01-01',
    'fail',
    /^is no PEM file$/,
  ],
] as const)('a client certificate that is %s', (_what, env, now, verdict, found) => {
  const [finding] = look(env, new Date(now));
  expect(finding).toMatchObject({
    subject: 'client certificate',
    verdict,
    found: expect.stringMatching(found),
  });
  if (verdict === 'warn')
    expect(finding!.fix).toBe('Renew it, and restart what uses it: agent, orchestrator.');
});

test('keys that cannot be used are one line; the server is looked at all the same', async () => {
  const settings = temporalSettings({ address: '127.0.0.1:1' }, { VGPU_FERRY_CODEC_KEYS: '/no/keys' });
  expect(await lookAtTemporal(settings, null)).toMatchObject([
    { subject: 'payload codec', verdict: 'fail' },
    { subject: 'server', verdict: 'fail', found: expect.stringMatching(/nobody listens there/) },
  ]);
});

/** What each way in which TLS fails is told as: the codes are those that Node gave against OpenSSL's server (see the source). */
import { type Shown, hungUp, tlsReason } from '../../src/temporal/tls-reasons';
import { ownCertificate, placeOf } from '../../src/temporal/diagnosis';
import { readFileSync } from 'node:fs';
import { tlsFile } from '../support/temporal-proxies';

const OURS: Shown = { certificate: { name: 'CN=client', issuer: 'CN=authority' } };
const NONE: Shown = { certificate: null };

test.each<[string, Shown, RegExp, RegExp]>([
  ['CERT_HAS_EXPIRED', OURS, /server's certificate has expired/, /Renew it on the server/],
  ['CERT_NOT_YET_VALID', OURS, /server's certificate is not valid yet/, /clocks/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', OURS, /for other names: Host: a\. is not/, /TEMPORAL_TLS_SERVER_NAME/],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    OURS,
    /nobody that is trusted here/,
    /TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
  ],
  ['UNABLE_TO_GET_ISSUER_CERT', OURS, /nobody that is trusted here/, /TEMPORAL_TLS_SERVER_CA_CERT_PATH/],
  [
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    OURS,
    /nobody that is trusted here/,
    /TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
  ],
  ['SELF_SIGNED_CERT_IN_CHAIN', OURS, /nobody that is trusted here/, /TEMPORAL_TLS_SERVER_CA_CERT_PATH/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', OURS, /nobody that is trusted here/, /TEMPORAL_TLS_SERVER_CA_CERT_PATH/],
  [
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    NONE,
    /wants a client certificate, and got none/,
    /CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, both/,
  ],
  [
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    NONE,
    /may want a client certificate/,
    /TEMPORAL_TLS_CLIENT_CERT_PATH/,
  ],
  [
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    OURS,
    /does not know who has issued .* \(CN=client, issued by CN=authority\)/,
    /authority that the server trusts/,
  ],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', OURS, /client certificate has expired \(CN=client/, /Renew it/],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', OURS, /refuses the client certificate \(CN=client/, /its log/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', OURS, /does not speak TLS/, /TEMPORAL_TLS=false/],
])('%s', (code, shown, found, fix) => {
  const reason = "Host: a. is not in the cert's altnames: DNS:b";
  expect(tlsReason({ code, reason, message: 'm' }, shown)).toEqual({
    found: expect.stringMatching(found),
    fix: expect.stringMatching(fix),
  });
});

test.each([['ECONNRESET'], ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'], [undefined]])(
  '%s says nothing of ours',
  (code) => expect(tlsReason({ ...(code !== undefined && { code }), message: 'm' }, OURS)).toBeNull(),
);

test('hung up without a word', () => {
  expect(hungUp(NONE).found).toMatch(/may want a client certificate/);
  expect(hungUp(OURS).found).toMatch(
    /after it had seen the client certificate \(CN=client, issued by CN=authority\)/,
  );
});

test('a certificate is looked at before it is shown', () => {
  const pair = { crt: readFileSync(tlsFile('client.pem')), key: readFileSync(tlsFile('client.key')) };
  const at = (date: string): object => ownCertificate({ clientCertPair: pair }, new Date(date));
  expect(at('2026-01-01')).toEqual({ certificate: { name: 'CN=client', issuer: 'CN=test authority' } });
  expect(at('2120-01-02')).toMatchObject({
    found: 'the client certificate (CN=client) expired on 2120-01-01',
  });
  expect(ownCertificate(null, new Date())).toEqual(NONE);
  expect(ownCertificate({}, new Date())).toEqual(NONE);
});

test.each([
  ['localhost:7233', 'localhost', 7233],
  ['temporal.example', 'temporal.example', 7233],
  ['10.0.0.1:1', '10.0.0.1', 1],
  ['[::1]:7234', '::1', 7234],
])('%s', (address, host, port) => expect(placeOf(address)).toEqual({ host, port }));

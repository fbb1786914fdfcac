/**
 * Why a server could not be reached. The SDK's clients hide it: one says that a deadline has passed, whatever the cause, the
 * other prints pieces of its library. So the way is gone once more, step by step: our certificate, TCP, TLS, HTTP/2.
 */
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { type Socket, connect as connectTcp, isIP } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as connectTls } from 'node:tls';
import type { TemporalSettings } from './connection';
import { type Reason, type Shown, hungUp, tlsReason } from './tls-reasons';

/** For all of it: a person waits, and has waited for the connection itself before. */
const LOOK_WITHIN_MS = 2_000;
const DEFAULT_PORT = 7233;

type Connection = Pick<TemporalSettings, 'address' | 'connection'>;
type Tls = Exclude<TemporalSettings['connection']['tls'], boolean | null | undefined>;

/** Null: nothing is wrong that can be seen from here. */
export async function diagnose({ address, connection }: Connection): Promise<Reason | null> {
  const { tls: wanted } = connection;
  const tls: Tls | null = wanted === true ? {} : wanted || null;
  const own = ownCertificate(tls, new Date());
  if ('found' in own) return own;
  const sockets: Socket[] = [];
  const limit = AbortSignal.timeout(LOOK_WITHIN_MS);
  try {
    return await walk(placeOf(address), { tls, own, limit, sockets });
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

interface Walk {
  tls: Tls | null;
  own: Shown;
  limit: AbortSignal;
  /** All that were opened. */
  sockets: Socket[];
}

async function walk(
  place: { host: string; port: number },
  { tls, own, limit, sockets }: Walk,
): Promise<Reason | null> {
  const tcp = keep(sockets, connectTcp(place));
  const refused = await outcome(once(tcp, 'connect', { signal: limit }));
  if (refused !== null) return tcpReason(refused);
  if (tls === null) {
    if ((await http2(tcp, limit)) === null) return null;
    const secure = keep(sockets, connectTls({ ...place, rejectUnauthorized: false }));
    return (await outcome(once(secure, 'secureConnect', { signal: limit }))) === null ? SPEAKS_TLS : null;
  }
  const secure = connectTls({ ...tlsOptions(place.host, tls), socket: tcp });
  keep(sockets, secure);
  const failed = await outcome(once(secure, 'secureConnect', { signal: limit }));
  if (failed !== null) return tlsReason(failed, own);
  const closed = await http2(secure, limit);
  return closed && (tlsReason(closed, own) ?? (limit.aborted ? null : hungUp(own)));
}

const SPEAKS_TLS: Reason = {
  found: 'what answers there speaks TLS, and none is configured',
  fix: 'Set TEMPORAL_TLS=true, and what the server needs of TEMPORAL_TLS_SERVER_CA_CERT_PATH, TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH.',
};

/** Settles with null once the server has told its settings, as each HTTP/2 server does first. */
async function http2(socket: Socket | TLSSocket, limit: AbortSignal): Promise<Failure | null> {
  const session: ClientHttp2Session = connectHttp2('http://temporal', { createConnection: () => socket });
  session.on('error', () => undefined); // told by `once`
  const closed = once(session, 'close', { signal: limit }).then(() => {
    throw new Error('closed');
  });
  const error = new Promise<never>((_resolve, reject) => socket.once('error', reject));
  const found = await outcome(
    Promise.race([once(session, 'remoteSettings', { signal: limit }), error, closed]),
  );
  session.destroy();
  return found;
}

type Failure = { code?: string; reason?: string; message: string };

async function outcome(step: Promise<unknown>): Promise<Failure | null> {
  try {
    await step;
    return null;
  } catch (error) {
    return error as Failure;
  }
}

function keep<S extends Socket>(sockets: Socket[], socket: S): S {
  socket.on('error', () => undefined); // told by `once`
  sockets.push(socket);
  return socket;
}

function tlsOptions(
  host: string,
  { serverNameOverride, serverRootCACertificate, clientCertPair }: Tls,
): ConnectionOptions {
  const name = serverNameOverride ?? host;
  return {
    ALPNProtocols: ['h2'],
    host: name,
    ...(isIP(name) === 0 && { servername: name }),
    ...(serverRootCACertificate && { ca: Buffer.from(serverRootCACertificate) }),
    ...(clientCertPair && { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
  };
}

/** What the server is shown, or what is wrong with it already. */
export function ownCertificate(tls: Pick<Tls, 'clientCertPair'> | null, now: Date): Shown | Reason {
  if (!tls?.clientCertPair) return { certificate: null };
  const { crt, key } = tls.clientCertPair;
  const fix = 'Correct TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH.';
  try {
    const certificate = new X509Certificate(Buffer.from(crt));
    const name = oneLine(certificate.subject);
    if (new Date(certificate.validTo) < now)
      return {
        found: `the client certificate (${name}) expired on ${day(certificate.validTo)}`,
        fix: 'Renew it.',
      };
    if (!certificate.checkPrivateKey(createPrivateKey(Buffer.from(key))))
      return { found: `the client certificate (${name}) and the key do not belong together`, fix };
    return { certificate: { name, issuer: oneLine(certificate.issuer) } };
  } catch {
    return { found: 'the client certificate or its key is no PEM file', fix };
  }
}

const TCP_REASONS: Partial<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ENOTFOUND: 'no such name',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  ETIMEDOUT: 'nothing comes back',
};

function tcpReason({ code, message }: Failure): Reason | null {
  const found = TCP_REASONS[code ?? ''];
  return found === undefined ? null : { found: `${found} (${message})`, fix: '' };
}

/** `host`, `host:port`, `[v6]:port`. */
export function placeOf(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(`temporal://${address}`);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? DEFAULT_PORT : Number(port) };
}

function oneLine(name: string): string {
  return name.replaceAll('\n', ', ');
}

function day(date: string): string {
  return new Date(date).toISOString().slice(0, 10);
}

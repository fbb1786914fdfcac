/** What stands in front of Temporal in production, for tests: TLS with a check of client certificates, or of an API key. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2, { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import { type AddressInfo, type Socket, connect } from 'node:net';
import path from 'node:path';
import { type TLSSocket, createServer } from 'node:tls';

const FIXTURES = path.join(__dirname, '..', 'fixtures', 'temporal-tls');

export const tlsFile = (name: string): string => path.join(FIXTURES, name);
const read = (name: string): Buffer => readFileSync(tlsFile(name));

/** As TEMPORAL_TLS_* variables. */
export const trusting = (authority: string): NodeJS.ProcessEnv => ({
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: tlsFile(`${authority}.pem`),
});
export const showing = (certificate: string, key = certificate): NodeJS.ProcessEnv => ({
  TEMPORAL_TLS_CLIENT_CERT_PATH: tlsFile(`${certificate}.pem`),
  TEMPORAL_TLS_CLIENT_KEY_PATH: tlsFile(`${key}.key`),
});

export interface Proxy {
  /** For TEMPORAL_ADDRESS; by name, which the certificate has. */
  address: string;
  /** Cuts what is open; new connections are taken. */
  cut(): void;
  close(): Promise<void>;
}

export interface TlsProxy extends Proxy {
  /** Of the clients that were let through, the latest last. */
  serials: string[];
}

/** Ends TLS and passes the bytes on; lets nobody through who has no certificate of the authority. */
export async function mtlsProxy(target: string, certificate = 'server'): Promise<TlsProxy> {
  const serials: string[] = [];
  const open = new Set<Socket>();
  const context = { cert: read(`${certificate}.pem`), key: read(`${certificate}.key`) };
  const checking = { requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] };
  const server = createServer({ ...context, ...checking, ca: read('authority.pem') }, (client) => {
    serials.push(client.getPeerCertificate().serialNumber);
    const upstream = connect(Number(target.split(':')[1]), target.split(':')[0]);
    join(client, upstream, open);
  });
  return {
    ...(await listening(server, open)),
    serials,
  };
}

function join(client: TLSSocket, upstream: Socket, open: Set<Socket>): void {
  open.add(client);
  client.pipe(upstream).pipe(client);
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    socket.on('error', () => undefined);
    socket.on('close', () => other.destroy());
  }
}

export interface KeyProxy extends Proxy {
  /** The one that is taken from now on. */
  key: string;
  /** `authorization` of all requests, each once, by the client library that sent it. */
  seen: Set<string>;
}

/** Speaks HTTP/2 over TLS, passes on what has the key, and refuses the rest with that gRPC status. */
export async function keyProxy(target: string, key: string, status: '7' | '16'): Promise<KeyProxy> {
  const upstream = http2.connect(`http://${target}`);
  upstream.on('error', () => undefined);
  const server = http2.createSecureServer({ cert: read('server.pem'), key: read('server.key') });
  const open = new Set<Socket>();
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => undefined);
    open.add(socket);
  });
  const proxy: Omit<KeyProxy, keyof Proxy> = { key, seen: new Set() };
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    proxy.seen.add(`${String(headers['user-agent']).split('/')[0]}: ${headers.authorization ?? ''}`);
    if (headers.authorization === `Bearer ${proxy.key}`) return passOn(stream, headers, upstream);
    const refused = { 'grpc-status': status, 'grpc-message': 'Request unauthorized.' };
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...refused }, { endStream: true });
  });
  const base = await listening(server, open);
  const close = async (): Promise<void> => {
    upstream.destroy();
    await base.close();
  };
  return Object.assign(proxy, base, { close });
}

function passOn(
  stream: http2.ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  upstream: http2.ClientHttp2Session,
): void {
  const request = upstream.request({ ...headers, ':scheme': 'http' });
  request.on('error', () => stream.close());
  stream.on('close', () => request.close());
  let trailers: OutgoingHttpHeaders = {};
  request.on('trailers', (found) => (trailers = { ...(found as OutgoingHttpHeaders) }));
  request.on('response', (answer, flags) => {
    const endStream = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (stream.destroyed) return;
    stream.respond({ ...answer }, { endStream, waitForTrailers: !endStream });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    if (!endStream) request.pipe(stream);
  });
  stream.pipe(request);
}

async function listening(
  server: {
    listen(port: number, host: string): unknown;
    address(): unknown;
    close(): unknown;
  } & NodeJS.EventEmitter,
  open: Set<Socket>,
): Promise<Proxy> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => open.forEach((socket) => socket.destroy());
  return {
    address: `localhost:${(server.address() as AddressInfo).port}`,
    cut,
    async close() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}

/** The codec server: shows the Web UI and the `temporal` command what is encrypted, without Temporal having a key. */
import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { PayloadCodec } from '@temporalio/common';
import { type Answer, answer, crossOrigin, refusal, text } from './answer';
import type { CodecServerSettings } from './settings';

/** Far more than the payloads of a page of history: Temporal takes 2 MiB in one. */
const BODY_MOST_BYTES = 16 * 1024 * 1024;
/** For a whole request; a slow sender holds its connection no longer. */
const REQUEST_WITHIN_MS = 30_000;
/** Characters of a path, and of an origin, that are logged. */
const PATH_MOST = 200;

export interface CodecServer {
  /** Where it answers. */
  url: string;
  close(): Promise<void>;
}

/** No payload is logged, and no token. */
interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Settles when it listens. */
export async function startCodecServer(
  settings: CodecServerSettings,
  codec: PayloadCodec,
  log: Log,
): Promise<CodecServer> {
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    void respond(request, response, { settings, codec, log });
  };
  const options = { requestTimeout: REQUEST_WITHIN_MS };
  const { tls, host, port } = settings;
  const server = tls ? createTlsServer({ ...options, ...tls }, handle) : createServer(options, handle);
  server.listen(port, host);
  await once(server, 'listening');
  return { url: urlOf(server, tls !== null), close: () => close(server) };
}

interface Context {
  settings: CodecServerSettings;
  codec: PayloadCodec;
  log: Log;
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { settings, codec, log }: Context,
): Promise<void> {
  const startedMs = performance.now();
  const { method = '', url: path = '', headers } = request;
  const made = await answerTo(request, { method, path, headers }, { settings, codec, log });
  const { status, body, payloads, unread } = made;
  // a body that was not read would be taken for the next request
  const connection = request.complete ? {} : { connection: 'close' };
  response.writeHead(status, { ...made.headers, ...crossOrigin(headers, settings), ...connection });
  response.end(body);
  const ms = Math.round(performance.now() - startedMs);
  const from = headers.origin?.slice(0, PATH_MOST);
  const fields = {
    ...{ method, path: path.slice(0, PATH_MOST), origin: from },
    ...{ status, payloads, bytes: body.length, ms },
  };
  if (unread === undefined) log.info(fields, 'request');
  else log.warn({ ...fields, unread }, 'request; not all of it could be decrypted');
}

async function answerTo(
  request: IncomingMessage,
  head: Parameters<typeof refusal>[0],
  { settings, codec, log }: Context,
): Promise<Answer> {
  try {
    const refused = refusal(head, settings);
    if (refused !== null) return refused;
    const body = await bodyOf(request);
    if (body === null) return text(413, `At most ${BODY_MOST_BYTES} bytes.`);
    return await answer(head.path, body, codec);
  } catch (error) {
    if (!request.complete) return text(400, 'The request broke off.');
    log.error({ error: error instanceof Error ? error.name : 'unknown' }, 'a request could not be answered');
    return text(500, 'This server failed; its log says more.');
  }
}

/** Null if it is too long: the rest is not read, and the connection stays open for the answer. */
function bodyOf(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= BODY_MOST_BYTES) return void parts.push(part);
      request.pause();
      resolve(null);
    });
    request.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
    request.on('error', reject);
  });
}

function urlOf(server: Server, tls: boolean): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** What a codec server answers to a request, decided from its head and its body alone. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { PayloadUnreadable } from '../temporal/codec';
import { ProtocolError, payloadsFromJson, payloadsToJson } from './protocol';
import type { CodecServerSettings } from './settings';

export interface Head {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
}

/** Errors are plain text: the Web UI takes whatever is JSON for payloads. */
export interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: string;
  /** For the log: how many payloads were asked about, and why some came back as they were. */
  payloads?: number;
  unread?: string;
}

/** What the Web UI sends: `Authorization` only if it is told to pass its user's token. */
const ALLOWED_HEADERS = 'authorization, content-type, x-namespace';
/** A browser need not ask again for so long. */
const PREFLIGHT_HOLDS_SECONDS = 600;

/** The last part of the path alone says what is wanted: what is before it is the operator's. */
function wanted(path: string): 'encode' | 'decode' | null {
  const last = path.split('?')[0]!.split('/').at(-1);
  return last === 'encode' || last === 'decode' ? last : null;
}

/** An answer before the body is read; null if the body is wanted. */
export function refusal(head: Head, settings: CodecServerSettings): Answer | null {
  const { method, path, headers } = head;
  const task = wanted(path);
  if (task === null) return text(404, 'There is /decode here, and /encode.');
  if (headers.origin !== undefined && !settings.origins.has(headers.origin))
    return text(403, 'This origin may not ask; see --origin.');
  if (method === 'OPTIONS') return { status: 204, headers: preflight(headers), body: '' };
  if (method !== 'POST') return text(405, 'POST it.', { allow: 'POST, OPTIONS' });
  if (settings.token !== null && !isBearer(headers.authorization, settings.token))
    return text(401, 'Send the token: Authorization: Bearer <token>.', { 'www-authenticate': 'Bearer' });
  if (task === 'encode' && !settings.encodes) return text(403, 'Encoding is off; see --allow-encode.');
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return text(415, 'Send application/json.');
  return null;
}

export async function answer(path: string, body: string, codec: PayloadCodec): Promise<Answer> {
  try {
    const payloads = payloadsFromJson(body);
    const { done, unread } =
      wanted(path) === 'encode'
        ? { done: await codec.encode(payloads), unread: undefined }
        : await decodeReadable(payloads, codec);
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
    const told = { payloads: payloads.length, ...(unread !== undefined && { unread }) };
    return { status: 200, headers, body: payloadsToJson(done), ...told };
  } catch (error) {
    if (error instanceof ProtocolError) return text(400, error.message);
    throw error;
  }
}

/**
 * What cannot be decrypted comes back as it is: whoever asked sees that it is encrypted, with which key, and reads the rest.
 * (On an error the `temporal` command shows nothing at all, and says "context deadline exceeded".)
 */
async function decodeReadable(
  payloads: Payload[],
  codec: PayloadCodec,
): Promise<{ done: Payload[]; unread?: string }> {
  let unread: string | undefined;
  const decodeOne = async (payload: Payload): Promise<Payload[]> => {
    try {
      return await codec.decode([payload]);
    } catch (error) {
      if (!(error instanceof PayloadUnreadable)) throw error;
      unread ??= error.message;
      return [payload];
    }
  };
  const done = (await Promise.all(payloads.map(decodeOne))).flat();
  return { done, ...(unread !== undefined && { unread }) };
}

export function text(status: number, message: string, headers: OutgoingHttpHeaders = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    body: `${message}\n`,
  };
}

/** For a page of an origin that may ask, so that its browser shows it the answer. */
export function crossOrigin(
  headers: IncomingHttpHeaders,
  settings: CodecServerSettings,
): OutgoingHttpHeaders {
  const { origin } = headers;
  if (origin === undefined || !settings.origins.has(origin)) return { vary: 'origin' };
  return {
    vary: 'origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
  };
}

function preflight(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': ALLOWED_HEADERS,
    'access-control-max-age': String(PREFLIGHT_HOLDS_SECONDS),
    // a public page that asks a server on its user's own machine
    ...(headers['access-control-request-private-network'] === 'true' && {
      'access-control-allow-private-network': 'true',
    }),
  };
}

/** Hashed first: the time that it takes tells nothing, not even the length. */
function isBearer(header: string | undefined, token: string): boolean {
  const hash = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(hash(header ?? ''), hash(`Bearer ${token}`));
}

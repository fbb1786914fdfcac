/** What goes wrong with keys, and with payloads that are encrypted. No text here carries a key. */
import os from 'node:os';
import { ServiceError } from '@temporalio/client';

/** Names the file with the keys; unset: nothing is encrypted, and what is encrypted can't be read. */
export const CODEC_KEYS_VARIABLE = 'VGPU_FERRY_CODEC_KEYS';

export type KeysProblem =
  'not-readable' | 'not-writable' | 'open-to-others' | 'not-json' | 'malformed' | 'wrong-length';

/** The file with the keys cannot be used. */
export class CodecKeysError extends Error {
  override readonly name = 'CodecKeysError';
  constructor(
    readonly file: string,
    readonly problem: KeysProblem,
    found: string,
    readonly fix: string,
  ) {
    super(`Codec keys ${file}: ${found}. ${fix}`);
  }
}

/**
 * A payload that is encrypted cannot be decrypted here. In a worker the class's name becomes the failure's type
 * (ErrorType.PayloadUnreadable): keep it. It is one of the SDK's own kind, because its client of single activities hides all
 * others behind "Unexpected error" and drops the cause.
 */
export class PayloadUnreadable extends ServiceError {
  override readonly name = 'PayloadUnreadable';
  constructor(
    readonly reason: 'unknown-key' | 'damaged',
    message: string,
  ) {
    super(message);
  }
}

/** Ids come with the payload, from anybody: they are told quoted, and not at any length. */
const ID_MOST = 64;

export function unknownKey(id: string, has: readonly string[], file: string | null): PayloadUnreadable {
  const here =
    file === null
      ? `has no keys (${CODEC_KEYS_VARIABLE} is not set for it)`
      : `has ${has.map((known) => JSON.stringify(known)).join(', ')} (${file})`;
  return new PayloadUnreadable(
    'unknown-key',
    `A payload is encrypted with key ${quoted(id)}; this process on ${os.hostname()} ${here}. ` +
      `Give it that key in the file that ${CODEC_KEYS_VARIABLE} names, and start it again.`,
  );
}

export function damaged(id: string): PayloadUnreadable {
  return new PayloadUnreadable(
    'damaged',
    `A payload that names key ${quoted(id)} does not decrypt with the key of that id on ${os.hostname()}: it was changed on its way, ` +
      'or another key goes by the same id elsewhere. Compare what "vgpu-ferry codec keys" prints on both sides.',
  );
}

/** The reason in an error's causes, where it is this: a client wraps it. */
export function unreadableIn(error: unknown): PayloadUnreadable | null {
  if (error instanceof PayloadUnreadable) return error;
  return error instanceof Error ? unreadableIn(error.cause) : null;
}

function quoted(id: string): string {
  return JSON.stringify(id.length > ID_MOST ? `${id.slice(0, ID_MOST)}…` : id);
}

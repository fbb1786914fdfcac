/** The keys that a process has. */
import { type KeyObject, createHash } from 'node:crypto';

/** Of AES-256. */
export const KEY_BYTES = 32;

export interface Keyring {
  /** That it was read from; null: none is configured. */
  file: string | null;
  /** All of them decrypt. */
  keys: ReadonlyMap<string, KeyObject>;
  /** Id of the one that encrypts; null: nothing is encrypted. */
  encryptsWith: string | null;
}

export const NO_KEYS: Keyring = { file: null, keys: new Map(), encryptsWith: null };

/** Ten hexadecimal digits of the key's hash: enough to see that two hosts have the same one, and nothing to guess it by. */
const CHECK_DIGITS = 10;

export function checkOf(key: KeyObject): string {
  return createHash('sha256').update(key.export()).digest('hex').slice(0, CHECK_DIGITS);
}

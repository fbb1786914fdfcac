/** Payloads encrypted with AES-256-GCM, in the form of Temporal's own samples: 12 bytes of nonce, ciphertext, 16 bytes of tag. */
import { type KeyObject, createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { METADATA_ENCODING_KEY, type Payload, type PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { damaged, unknownKey } from './errors';
import type { Keyring } from './keyring';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const ENCRYPTED = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';

const { Payload: PayloadMessage } = temporal.api.common.v1;

/** Always in place: without keys it lets plain payloads through, and says of encrypted ones what is missing. */
export class AesGcmCodec implements PayloadCodec {
  constructor(private readonly ring: Keyring) {}

  /** Id of the key; null if nothing is encrypted. */
  get encryptsWith(): string | null {
    return this.ring.encryptsWith;
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const { encryptsWith: id, keys } = this.ring;
    const key = id === null ? undefined : keys.get(id);
    return id === null || key === undefined ? payloads : payloads.map((payload) => encrypt(payload, id, key));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const id = encryptedWith(payload);
      return id === null ? payload : this.decrypt(payload, id);
    });
  }

  private decrypt({ data }: Payload, id: string): Payload {
    const key = this.ring.keys.get(id);
    if (key === undefined) throw unknownKey(id, [...this.ring.keys.keys()], this.ring.file);
    try {
      const { metadata, data: plain } = PayloadMessage.decode(open(data ?? new Uint8Array(), key));
      return { metadata, data: plain };
    } catch {
      throw damaged(id);
    }
  }
}

/** Id of the key that a client encrypts with; null if it does not. */
export function encryptsWith({ options }: Client): string | null {
  const codecs = options.loadedDataConverter.payloadCodecs;
  return codecs.find((codec) => codec instanceof AesGcmCodec)?.encryptsWith ?? null;
}

/** Id of the key that a payload is encrypted with; null if it is not. */
export function encryptedWith({ metadata }: Payload): string | null {
  if (textOf(metadata?.[METADATA_ENCODING_KEY]) !== ENCRYPTED) return null;
  return textOf(metadata?.[KEY_ID]);
}

function encrypt(payload: Payload, id: string, key: KeyObject): Payload {
  return {
    metadata: { [METADATA_ENCODING_KEY]: Buffer.from(ENCRYPTED), [KEY_ID]: Buffer.from(id) },
    data: seal(PayloadMessage.encode(payload).finish(), key),
  };
}

function seal(plain: Uint8Array, key: KeyObject): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function open(sealed: Uint8Array, key: KeyObject): Uint8Array {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(Math.max(NONCE_BYTES, sealed.length - TAG_BYTES));
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(tag);
  const text = sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES);
  return Buffer.concat([decipher.update(text), decipher.final()]);
}

function textOf(bytes: Uint8Array | undefined | null): string {
  return bytes == null ? '' : Buffer.from(bytes).toString('utf8');
}

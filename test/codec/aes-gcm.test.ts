/** Encrypted payloads: read back by whoever has the key, in the form of Temporal's samples, and refused with words if not. */
import { webcrypto } from 'node:crypto';
import os from 'node:os';
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import fc from 'fast-check';
import { AesGcmCodec, NO_KEYS, PayloadUnreadable, unreadableIn, readKeyring } from '../../src/temporal/codec';
import { newKey, useKeyFiles } from './keys';

const files = useKeyFiles();
const K1 = newKey();
const [k1, k2] = [
  { id: 'k1', key: K1 },
  { id: 'k2', key: newKey() },
];
const codecOf = (content: object): AesGcmCodec => new AesGcmCodec(readKeyring(files.write(content)));
const payload = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();

const before = codecOf({ keys: [k1] });
const rotated = codecOf({ active: 'k2', keys: [k1, k2] });
const after = codecOf({ keys: [k2] });

test('encrypted with the active key, decrypted with each that is there: a rotation', async () => {
  const [old] = await before.encode([payload('old')]);
  const [young] = await rotated.encode([payload('young')]);
  expect(text(young!.metadata!['encryption-key-id'])).toBe('k2');
  const read = await rotated.decode([old!, young!]);
  expect(read.map((one) => defaultPayloadConverter.fromPayload(one))).toEqual(['old', 'young']);
  expect(await after.decode([young!])).toHaveLength(1);
  await expect(after.decode([young!, old!])).rejects.toBeInstanceOf(PayloadUnreadable);
});

test('the form is that of Temporal’s samples: others read it, and what they write is read', async () => {
  const [encrypted] = await before.encode([payload({ a: 1 })]);
  expect(Object.keys(encrypted!.metadata!).sort()).toEqual(['encoding', 'encryption-key-id']);
  expect(text(encrypted!.metadata!.encoding)).toBe('binary/encrypted');
  // as in the TypeScript sample: nonce, then what WebCrypto makes
  const key = await webcrypto.subtle.importKey('raw', Buffer.from(K1, 'base64'), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ]);
  const data = Buffer.from(encrypted!.data!);
  const plain = await webcrypto.subtle.decrypt(
    { name: 'AES-GCM', iv: data.subarray(0, 12) },
    key,
    data.subarray(12),
  );
  const inner = temporal.api.common.v1.Payload.decode(new Uint8Array(plain));
  expect([text(inner.metadata.encoding), text(inner.data)]).toEqual(['json/plain', '{"a":1}']);

  const iv = webcrypto.getRandomValues(new Uint8Array(12));
  const message = temporal.api.common.v1.Payload.encode(payload('theirs')).finish();
  const theirs = new Uint8Array(await webcrypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, message));
  const [read] = await before.decode([{ metadata: encrypted!.metadata!, data: Buffer.concat([iv, theirs]) }]);
  expect(defaultPayloadConverter.fromPayload(read!)).toBe('theirs');
});

test('no two encryptions are alike, and nothing of the value shows', async () => {
  const [one, other] = await before.encode([payload('a secret word'), payload('a secret word')]);
  expect(text(one!.data)).not.toBe(text(other!.data));
  expect(text(one!.data)).not.toContain('secret');
});

test('any value comes back', async () => {
  const any = fc.oneof(fc.jsonValue(), fc.uint8Array());
  await fc.assert(
    fc.asyncProperty(any, async (value) => {
      const [read] = await before.decode(await before.encode([payload(value)]));
      expect(read).toEqual({ metadata: payload(value).metadata, data: expect.anything() });
      expect(Buffer.from(read!.data!)).toEqual(Buffer.from(payload(value).data!));
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['without keys', new AesGcmCodec(NO_KEYS)],
  ['that only decrypts', codecOf({ encrypt: false, keys: [k1] })],
])('a codec %s encrypts nothing, and lets what is plain through', async (_what, codec) => {
  const plain = [payload('plain'), { metadata: null, data: null }, {}];
  expect(await codec.encode(plain)).toEqual(plain);
  expect(await codec.decode(plain)).toEqual(plain);
});

test('an unknown key: the id, the machine, which keys are there, what to do', async () => {
  const encrypted = await before.encode([payload('x')]);
  await expect(after.decode(encrypted)).rejects.toMatchObject({
    reason: 'unknown-key',
    message: expect.stringMatching(
      new RegExp(
        `with key "k1"; this process on ${os.hostname()} has "k2" \\(.*keys-\\d+\\.json\\).*VGPU_FERRY_CODEC_KEYS`,
      ),
    ),
  });
  await expect(new AesGcmCodec(NO_KEYS).decode(encrypted)).rejects.toThrow(
    /has no keys \(VGPU_FERRY_CODEC_KEYS is not set/,
  );
});

test('an id from outside is neither repeated at length nor raw', async () => {
  const [encrypted] = await before.encode([payload('x')]);
  const id = Buffer.from(`k\n\u001b[31m${'x'.repeat(500)}`);
  const hostile = { ...encrypted!, metadata: { ...encrypted!.metadata!, 'encryption-key-id': id } };
  const error = await before.decode([hostile]).then(
    () => null,
    (reason: Error) => reason,
  );
  expect(error!.message).toMatch(/key "k\\n\\u001b\[31mx+…"/);
  expect(error!.message.length).toBeLessThan(600);
});

describe('a payload that was changed is refused', () => {
  const wayOf: Record<string, (data: Buffer) => Buffer> = {
    'its nonce': (data) => flipped(data, 0),
    'its text': (data) => flipped(data, 14),
    'its tag': (data) => flipped(data, data.length - 1),
    'its end is cut off': (data) => data.subarray(0, data.length - 1),
    'its tag is short': (data) => data.subarray(0, 20),
    'a nonce is all that is left': (data) => data.subarray(0, 12),
    'nothing is left': () => Buffer.alloc(0),
  };
  test.each(Object.entries(wayOf))('%s', async (_what, change) => {
    const [encrypted] = await before.encode([payload('a value')]);
    const changed = { ...encrypted!, data: change(Buffer.from(encrypted!.data!)) };
    await expect(before.decode([changed])).rejects.toMatchObject({
      reason: 'damaged',
      message: expect.stringMatching(/names key "k1" does not decrypt/),
    });
  });

  test('another key under its id', async () => {
    const encrypted = await before.encode([payload('a value')]);
    const imposter = codecOf({ keys: [{ id: 'k1', key: newKey() }] });
    await expect(imposter.decode(encrypted)).rejects.toMatchObject({ reason: 'damaged' });
  });
});

test('an unreadable payload is known also as a cause', async () => {
  const error = await after.decode(await before.encode([payload('x')])).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(unreadableIn(error)).toBe(error);
  expect(unreadableIn(new Error('outer', { cause: error }))).toBe(error);
  expect(unreadableIn(new Error('other'))).toBeNull();
  expect(unreadableIn('text')).toBeNull();
});

function flipped(data: Buffer, at: number): Buffer {
  const copy = Buffer.from(data);
  copy[at]! ^= 1;
  return copy;
}

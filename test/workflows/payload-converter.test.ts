/** Payloads as the workflows read them. */
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import { UNREADABLE, payloadConverter } from '../../workflows/payload-converter';

const workflow = { type: 'workflow', namespace: 'default', workflowId: 'w' } as const;
const activity = { type: 'activity', namespace: 'default', isLocal: false } as const;
const payload = (data: string, encoding: string): Payload => ({
  metadata: { encoding: Buffer.from(encoding) },
  data: Buffer.from(data),
});

test('what can be read is read as ever, and written so', () => {
  const value = { guest: 'g', n: [1, null] };
  const written = payloadConverter.toPayload(value, workflow);
  expect(written).toEqual(defaultPayloadConverter.toPayload(value));
  expect(payloadConverter.fromPayload(written, workflow)).toEqual(value);
});

test.each<[string, Payload]>([
  ['no JSON', payload('{', 'json/plain')],
  ['encrypted', payload('x', 'binary/encrypted')],
  ['of no encoding', { metadata: {}, data: Buffer.from('x') }],
])('an argument that is %s stands for itself, and fails no task', (_what, unread) => {
  expect(payloadConverter.fromPayload(unread, workflow)).toBe(UNREADABLE);
});

test("a step's answer that can't be read fails the task: nothing is decided without it", () => {
  expect(() => payloadConverter.fromPayload(payload('x', 'binary/encrypted'), activity)).toThrow(/encoding/i);
  expect(() => payloadConverter.fromPayload(payload('{', 'json/plain'))).toThrow(SyntaxError);
});

/** Failures with their words in a payload: read back whole, also when passed on, and left alone where nobody could read them. */
import {
  ApplicationFailure,
  DefaultFailureConverter,
  type Payload,
  type ProtoFailure,
  defaultPayloadConverter,
} from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { ErrorType } from '../../src/contract';
import { EncodingFailureConverter } from '../../src/failure-converter';
import { readableFailure } from '../../src/failure-converter/read';
import { PayloadUnreadable } from '../../src/temporal/codec';
import { decoder } from '../../src/temporal/payloads';

const converter = new EncodingFailureConverter();
const plain = new DefaultFailureConverter();
const encode = (error: unknown): ProtoFailure => converter.errorToFailure(error, defaultPayloadConverter);
const decode = (failure: ProtoFailure): Error => plain.failureToError(failure, defaultPayloadConverter);
const thrown = ApplicationFailure.create({
  ...{ type: 'MdevOperationFailed', message: 'the words', details: [{ device: 'd' }] },
  cause: new Error('the cause'),
});

test('message, stack and cause are hidden; type and details are where they were', () => {
  const failure = encode(thrown);
  expect(failure).toMatchObject({
    message: 'Encoded failure',
    stackTrace: '',
    cause: { message: 'Encoded failure' },
  });
  expect(failure.applicationFailureInfo!.type).toBe('MdevOperationFailed');
  const read = decode(failure);
  expect(read).toMatchObject({
    message: 'the words',
    type: 'MdevOperationFailed',
    details: [{ device: 'd' }],
  });
  expect(read.cause).toMatchObject({ message: 'the cause' });
  expect(read.stack).toContain('failure-converter.test');
});

test('what was received and is passed on, twice, keeps its words', () => {
  const received = decode(encode(thrown));
  for (const failure of [encode(received), encode(received)]) {
    expect(failure.message).toBe('Encoded failure');
    expect(decode(failure).message).toBe('the words');
  }
  expect(received.message).toBe('the words');
});

test('what tells of a missing key is left as it is, also as a cause', () => {
  const unreadable = ApplicationFailure.fromError(new PayloadUnreadable('unknown-key', 'no key'));
  expect(unreadable.type).toBe(ErrorType.PayloadUnreadable);
  expect(encode(unreadable)).toMatchObject({ message: 'no key' });
  const outer = encode(new Error('outer', { cause: unreadable }));
  expect(outer).toMatchObject({ message: 'Encoded failure', cause: { message: 'no key' } });
});

test('a reader without a converter gets the message', async () => {
  const read = (payload: Payload): Promise<unknown> =>
    Promise.resolve(defaultPayloadConverter.fromPayload(payload));
  expect((await readableFailure(encode(thrown), read)).message).toBe('the words');
  expect(await readableFailure({ message: 'plain' }, read)).toEqual({ message: 'plain' });
});

test('codecs are undone in the opposite order', async () => {
  const order: string[] = [];
  const codec = (name: string) => ({ decode: async (payloads: Payload[]) => (order.push(name), payloads) });
  const loadedDataConverter = {
    payloadCodecs: [codec('first'), codec('second')],
    payloadConverter: defaultPayloadConverter,
  };
  await decoder({ options: { loadedDataConverter } } as unknown as Client)(
    defaultPayloadConverter.toPayload(1),
  );
  expect(order).toEqual(['second', 'first']);
});

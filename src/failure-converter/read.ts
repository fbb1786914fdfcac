/** Failures as they stand in a history, read by who has the payloads decoded. */
import type { Payload, ProtoFailure } from '@temporalio/common';

export type Decode = (payload: Payload) => Promise<unknown>;

/** With its message, if that had been encoded. */
export async function readableFailure<Failure extends ProtoFailure>(
  failure: Failure,
  decode: Decode,
): Promise<Failure> {
  if (!failure.encodedAttributes) return failure;
  const told = (await decode(failure.encodedAttributes)) as { message?: unknown } | null;
  return typeof told?.message === 'string' ? { ...failure, message: told.message } : failure;
}

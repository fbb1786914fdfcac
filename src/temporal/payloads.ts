/** Reading what stands in a history, with the client's own codec and converter. */
import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

export function decoder({ options }: Client): (payload: Payload) => Promise<unknown> {
  const { payloadCodecs, payloadConverter } = options.loadedDataConverter;
  return async (payload) => {
    let payloads = [payload];
    for (const codec of payloadCodecs) payloads = await codec.decode(payloads);
    return payloads[0] === undefined ? null : payloadConverter.fromPayload(payloads[0]);
  };
}

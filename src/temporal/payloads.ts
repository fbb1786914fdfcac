/** Reading what stands in a history, with the client's own codec and converter. */
import type { Client, WorkflowClient } from '@temporalio/client';
import type { Decode } from '../failure-converter/read';

export function decoder({ options }: Client | WorkflowClient): Decode {
  const { payloadCodecs, payloadConverter } = options.loadedDataConverter;
  return async (payload) => {
    let payloads = [payload];
    for (const codec of [...payloadCodecs].reverse()) payloads = await codec.decode(payloads);
    return payloads[0] === undefined ? null : payloadConverter.fromPayload(payloads[0]);
  };
}

/**
 * Payloads as the workflows read them. The SDK fails the workflow's task for one that can't be read, again and again: so one
 * malformed signal, from anybody or from an agent with another codec, would hold up a migration for ever.
 */
import { type PayloadConverter, defaultPayloadConverter } from '@temporalio/workflow';

/** Stands for an argument that can't be read. No JSON is this. */
export const UNREADABLE = Symbol('a payload that cannot be read');

export const payloadConverter: PayloadConverter = {
  toPayload: (value, context) => defaultPayloadConverter.toPayload(value, context),
  fromPayload<T>(...[payload, context]: Parameters<PayloadConverter['fromPayload']>): T {
    try {
      return defaultPayloadConverter.fromPayload<T>(payload, context);
    } catch (error) {
      // What a step has answered can't be done without: its task waits for an orchestrator that can read it.
      if (context?.type !== 'workflow') throw error;
      return UNREADABLE as T;
    }
  },
};

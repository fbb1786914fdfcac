/** What Temporal's Web UI and CLI send to a codec server and get back: payloads as protobuf's JSON, bytes in base64. Pure. */
import type { Payload } from '@temporalio/common';

/** The request is not of the protocol's form; the message may go to whoever sent it. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

export function payloadsFromJson(text: string): Payload[] {
  const body = parse(text);
  const payloads = isRecord(body) ? (body.payloads ?? []) : undefined;
  if (!Array.isArray(payloads)) throw new ProtocolError('required {"payloads": [...]}');
  return payloads.map(payloadFromJson);
}

export function payloadsToJson(payloads: readonly Payload[]): string {
  return JSON.stringify({ payloads: payloads.map(payloadToJson) });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProtocolError('the body is not JSON'); // the parser's own words would repeat a piece of it
  }
}

function payloadFromJson(payload: unknown): Payload {
  if (!isRecord(payload)) throw new ProtocolError('a payload is no object');
  const { metadata = {}, data = '' } = payload;
  if (!isRecord(metadata)) throw new ProtocolError("a payload's metadata is no object");
  return {
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, bytesOf(value)])),
    data: bytesOf(data),
  };
}

function payloadToJson({ metadata, data }: Payload): object {
  return {
    metadata: Object.fromEntries(
      Object.entries(metadata ?? {}).map(([name, value]) => [name, base64Of(value)]),
    ),
    data: base64Of(data),
  };
}

function bytesOf(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw new ProtocolError("a payload's bytes are no base64 text");
  return Buffer.from(value, 'base64');
}

function base64Of(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString('base64');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether, and in which words, the server has refused: gRPC's codes, and what the native client makes of them. */
import { NamespaceNotFoundError } from '@temporalio/common';
import { isGrpcServiceError } from '@temporalio/client';
import { NamespaceUnknownError } from './connect-errors';

/** gRPC's status codes. */
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/** What tonic, in the native client, says for those two. */
const NATIVE =
  /code: '(?:The request does not have valid authentication credentials|The caller does not have permission to execute the specified operation)', message: "(?<said>[^"]*)"/;

/** The server's own words; null if it has not refused. */
export function refusalOf(error: unknown): string | null {
  const grpc = grpcErrorIn(error);
  if (grpc !== null)
    return [PERMISSION_DENIED, UNAUTHENTICATED].includes(Number(grpc.code))
      ? withoutStop(grpc.details)
      : null;
  const said = error instanceof Error ? NATIVE.exec(error.message)?.groups?.said : undefined;
  return said === undefined ? null : withoutStop(said);
}

export function isNotFound(error: unknown): boolean {
  return error instanceof NamespaceNotFoundError || Number(grpcErrorIn(error)?.code) === NOT_FOUND;
}

/** For whoever asked: what the server said, which the SDK keeps in the cause, and what to do. */
export function inWords(error: unknown): string {
  if (error instanceof NamespaceNotFoundError) return new NamespaceUnknownError(error.namespace).message;
  if (!(error instanceof Error)) return String(error);
  const grpc = grpcErrorIn(error);
  if (grpc === null || error.message.includes(grpc.details)) return error.message;
  const right = refusalOf(error) === null ? '' : ' This API key or certificate has not the right to that.';
  return `${error.message}: ${withoutStop(grpc.details)}.${right}`;
}

function grpcErrorIn(error: unknown): { code: unknown; details: string } | null {
  if (isGrpcServiceError(error)) return error;
  return error instanceof Error ? grpcErrorIn(error.cause) : null;
}

function withoutStop(text: string): string {
  return text.replace(/\.$/, '');
}

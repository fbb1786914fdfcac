/** What can go wrong with libvirt, before it is known whether the connection has gone with it. */
import { VIR_ERR_INTERNAL_ERROR, VIR_ERR_RPC, VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC } from './constants';

/** A failed libvirt call, with libvirt's own numbers and text. */
export class LibvirtFailure extends Error {
  override readonly name = 'LibvirtFailure';
  constructor(
    message: string,
    /** virErrorNumber. */
    readonly code: number,
    /** virErrorDomain. */
    readonly domain: number,
  ) {
    super(message);
  }
}

/** libvirt's client library is not on this machine: nothing can work until it is installed. */
export class LibvirtNotInstalledError extends Error {
  override readonly name = 'LibvirtNotInstalledError';
}

export function notInstalled(file: string, debianPackage: string, cause: unknown): LibvirtNotInstalledError {
  const text = `${file} cannot be loaded. On Debian it is in the package ${debianPackage}: apt-get install ${debianPackage}`;
  return new LibvirtNotInstalledError(text, { cause });
}

/** Codes that libvirt's RPC layer reports when a socket has closed; "client socket is closed" comes as an internal error. */
const LOST_CODES: ReadonlySet<number> = new Set([VIR_ERR_INTERNAL_ERROR, VIR_ERR_SYSTEM_ERROR, VIR_ERR_RPC]);

/**
 * True if a connection has been lost on the way. It can be the one between two daemons (a peer-to-peer migrate
 * passes that on in the same words): for the caller it is the same, the outcome is unknown.
 */
export function tellsLostConnection(failure: { code: number; domain: number }): boolean {
  return failure.domain === VIR_FROM_RPC && LOST_CODES.has(failure.code);
}

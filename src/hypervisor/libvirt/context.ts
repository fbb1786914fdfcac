/** What an operation works with: the bound library, one open connection, a scope for its handles, checks of results. */
import { VIR_ERR_NO_DOMAIN, VIR_ERR_NO_NODE_DEVICE } from './constants';
import { LibvirtFailure } from './errors';
import { type Handle, lastFailure, type Libvirt, pointersIn } from './library';
import type { Scope } from './scope';

export interface Context {
  readonly library: Libvirt;
  readonly connection: Handle;
  readonly scope: Scope;
  /** Ends with the connection. */
  readonly whileOpen: Scope;
}

/** libvirt's ints: negative means failed. */
export function checked(context: Context, result: number): number {
  if (result < 0) throw lastFailure(context.library);
  return result;
}

/** libvirt's pointers and strings: NULL means failed. */
export function present<T>(context: Context, result: T | null): T {
  if (result === null) throw lastFailure(context.library);
  return result;
}

/** What a call writes through a pointer to one value: `call` gets the one-element array that koffi fills. */
export function written<T>(context: Context, initial: T, call: (out: T[]) => number): T {
  const out = [initial];
  checked(context, call(out));
  return out[0] as T;
}

export function domainOf(context: Context, uuid: string): Handle {
  const { library, connection, scope } = context;
  const domain = present(context, library.virDomainLookupByUUIDString(connection, uuid));
  return scope.own(domain, (handle) => library.virDomainFree(handle));
}

export function nodeDeviceOf(context: Context, name: string): Handle {
  const { library, connection } = context;
  return ownNodeDevice(context, present(context, library.virNodeDeviceLookupByName(connection, name)));
}

export function ownNodeDevice({ library, scope }: Context, device: Handle): Handle {
  return scope.own(device, (handle) => library.virNodeDeviceFree(handle));
}

/** Takes over a list call's array and each of its objects. */
export function ownedList(
  context: Context,
  list: (out: (Handle | null)[]) => number,
  free: (handle: Handle) => void,
): Handle[] {
  const { library, scope } = context;
  const out: (Handle | null)[] = [null];
  const count = checked(context, list(out));
  const array = out[0];
  if (array === null || array === undefined) return [];
  scope.own(array, (handle) => library.free(handle));
  return count === 0 ? [] : pointersIn(array, count).map((handle) => scope.own(handle, free));
}

/** `undefined` in place of an error with one of these codes: for things that may be gone when we look. */
export function unless<T>(codes: readonly number[], body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    if (error instanceof LibvirtFailure && codes.includes(error.code)) return undefined;
    throw error;
  }
}

export const NO_SUCH_DOMAIN = [VIR_ERR_NO_DOMAIN] as const;
export const NO_SUCH_DEVICE = [VIR_ERR_NO_NODE_DEVICE] as const;

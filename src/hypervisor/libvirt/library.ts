/** Loads libvirt.so.0 into the calling thread and binds the declarations; knows how to read libvirt's last error. */
import { type Koffi, koffi } from '../../koffi';
import {
  LIBC_DECLARATIONS,
  LIBVIRT_DECLARATIONS,
  LIFECYCLE_CALLBACK,
  OPAQUE_POINTERS,
  VIR_ERROR_MEMBERS,
} from './declarations';
import { LibvirtFailure, notInstalled } from './errors';

/** A pointer that libvirt gave us. */
export type Handle = bigint;

type Argument = Handle | number | string | null | unknown[];
type ResultOf<Declaration> = Declaration extends `int ${string}`
  ? number
  : Declaration extends `void ${string}`
    ? void
    : Declaration extends `OwnedString ${string}` | `const char *${string}`
      ? string | null
      : Handle | null;
type Bound<Table> = { readonly [Name in keyof Table]: (...args: Argument[]) => ResultOf<Table[Name]> };

export type Libvirt = Bound<typeof LIBVIRT_DECLARATIONS> &
  Bound<typeof LIBC_DECLARATIONS> & {
    /** A C function that does nothing: stands in for callbacks, for JavaScript must never run on a foreign thread. */
    readonly nothing: Handle;
  };

/** Binds and initialises libvirt for this thread. */
export function loadLibvirt(): Libvirt {
  const libvirt = open('libvirt.so.0', 'libvirt0');
  const libc = open('libc.so.6', 'libc6');
  const c = bind(libc, LIBC_DECLARATIONS);
  declareTypes(c.free);
  const library: Libvirt = {
    ...bind(libvirt, LIBVIRT_DECLARATIONS),
    ...c,
    // It takes no argument and changes nothing, so it is safe under any callback's signature.
    nothing: libc.symbol('getpid') as Handle,
  };
  initialise(library);
  return library;
}

function open(file: string, debianPackage: string): Koffi.LibraryHandle {
  try {
    return koffi.load(file);
  } catch (cause) {
    throw notInstalled(file, debianPackage, cause);
  }
}

function bind<Table extends Record<string, string>>(
  library: Koffi.LibraryHandle,
  table: Table,
): Bound<Table> {
  return Object.fromEntries(
    Object.entries(table).map(([name, declaration]) => [name, library.func(declaration)]),
  ) as unknown as Bound<Table>;
}

function declareTypes(free: (pointer: Handle) => void): void {
  for (const name of OPAQUE_POINTERS) koffi.alias(name, 'void *');
  koffi.struct('virError', VIR_ERROR_MEMBERS);
  koffi.disposable('OwnedString', 'str', free);
}

/** Without virInitialize, the first call for an error aborts the process; without our handler, libvirt prints to stderr. */
function initialise(library: Libvirt): void {
  if (library.virInitialize() < 0) throw new Error('libvirt could not be initialised (virInitialize)');
  library.virSetErrorFunc(null, library.nothing);
}

/** This thread's last error. Ask right after the call that failed: the next one, a free included, clears it. */
export function lastFailure(library: Libvirt): LibvirtFailure {
  const pointer = library.virGetLastError();
  if (pointer === null) return new LibvirtFailure('libvirt failed and gave no reason', 0, 0);
  const error = koffi.decode(pointer, 'virError') as { code: number; domain: number; message: string | null };
  return new LibvirtFailure(error.message ?? 'libvirt gave no text', error.code, error.domain);
}

/** The pointers in an array that libvirt handed out. */
export function pointersIn(array: Handle, count: number): Handle[] {
  return koffi.decode(array, koffi.array('void *', count)) as Handle[];
}

/**
 * A C function for lifecycle events that calls `listener` with what was given at the registration. Good on this thread
 * only, so for the one that runs libvirt's event loop, which is where libvirt calls it; registering it may be done by any.
 */
export function lifecycleCallback(
  listener: (opaque: Handle | null, event: number, detail: number) => void,
): Handle {
  const call = (
    _conn: Handle,
    _dom: Handle,
    event: number,
    detail: number,
    opaque: Handle | null,
  ): number => {
    listener(opaque, event, detail);
    return 0; // libvirt looks at it no more
  };
  return koffi.register(call, koffi.pointer(koffi.proto(LIFECYCLE_CALLBACK)));
}

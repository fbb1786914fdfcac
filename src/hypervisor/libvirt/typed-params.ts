/** A list of libvirt's typed parameters: named values that calls take and give. Freed with the operation's scope. */
import { checked, type Context } from './context';
import type { Handle } from './library';

export class TypedParams {
  readonly #pointer: (Handle | null)[] = [null];
  readonly #count = [0];
  /** Entries that there is room for; libvirt keeps it. */
  readonly #room = [0];

  private constructor(private readonly context: Context) {}

  static empty(context: Context): TypedParams {
    const params = new TypedParams(context);
    // What the pointer is at the end counts: libvirt moves the list as it grows.
    context.scope.own(params, () => context.library.virTypedParamsFree(params.pointer, params.count));
    return params;
  }

  get pointer(): Handle | null {
    return this.#pointer[0] ?? null;
  }

  get count(): number {
    return this.#count[0] ?? 0;
  }

  /** For a call that allocates the whole list. */
  filledBy(call: (pointer: (Handle | null)[], count: number[]) => number): void {
    checked(this.context, call(this.#pointer, this.#count));
  }

  addString(name: string, value: string): void {
    const add = this.context.library.virTypedParamsAddString;
    checked(this.context, add(this.#pointer, this.#count, this.#room, name, value));
  }

  addNumber(name: string, value: number): void {
    const add = this.context.library.virTypedParamsAddULLong;
    checked(this.context, add(this.#pointer, this.#count, this.#room, name, value));
  }

  int(name: string): number | null {
    const value = [0];
    const found = this.context.library.virTypedParamsGetInt(this.pointer, this.count, name, value);
    return checked(this.context, found) === 0 ? null : (value[0] ?? null);
  }

  number(name: string): number | null {
    const value = [0];
    const found = this.context.library.virTypedParamsGetULLong(this.pointer, this.count, name, value);
    return checked(this.context, found) === 0 ? null : Number(value[0]);
  }
}
